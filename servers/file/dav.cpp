// SPDX-License-Identifier: BSL-1.0
#include "servers/file/dav.hpp"

#include <cerrno>

#include "servers/file/ascii.hpp"
#include "servers/file/path.hpp"
#include "servers/file_tree.hpp"

namespace weft::servers::file {
namespace {

std::string_view without_slash(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  return name;
}

// One lies in the other, or they are the same.
bool nested(std::string_view a, std::string_view b) {
  a = without_slash(a);
  b = without_slash(b);
  if (a.size() > b.size()) std::swap(a, b);
  return a.empty() || (b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '/'));
}

int read_destination(const Request& request, std::string& to) {
  std::string_view target = request.destination, authority;
  if (target.data() == nullptr || !to_origin_form(target, authority)) return 400;
  // Another server's tree is not ours to write.
  if (authority.data() != nullptr && !same(authority, request.host)) return 502;
  switch (resolve(target, to)) {
    case Path::ok:
      return leads_to_temporary(to) ? 403 : 0;
    case Path::malformed:
      return 400;
    case Path::nothing:
      break;
  }
  return 403;
}

}  // namespace

int plan(const Request& request, const std::string& name, std::string& to, DiskWork& work) {
  work.name = &name;
  const bool shallow = request.depth == "0";
  if (request.depth.data() != nullptr && !shallow && !same(request.depth, "infinity")) return 400;
  switch (request.method) {
    case Method::mkcol:
      work.kind = DiskWork::Kind::make_folder;
      return 0;
    case Method::remove:
      work.kind = DiskWork::Kind::remove;
      return shallow && name.ends_with('/') ? 400 : 0;  // section 9.6.1: all or nothing
    case Method::copy:
      work.kind = DiskWork::Kind::copy;
      break;
    default:
      work.kind = DiskWork::Kind::move;
      if (shallow && name.ends_with('/')) return 400;
  }
  if (int status = read_destination(request, to)) return status;
  if (nested(name, to)) return 403;
  work.to = &to;
  work.deep = !shallow;
  work.overwrite = !same(request.overwrite, "F");
  return 0;
}

int status_of_failure(DiskWork::Kind kind, int error) {
  switch (error) {
    case ECANCELED:
      return 412;
    case ENOENT:
      return 404;
    case ENOTDIR:  // RFC 4918 sections 9.3, 9.7 and 9.8: the folder to put it in must be there
    case EISDIR:
    case EBUSY:
    case ETXTBSY:
      return 409;
    case EEXIST:
      return kind == DiskWork::Kind::make_folder ? 405 : 409;
    case EACCES:
    case EPERM:
    case EROFS:
    case EXDEV:  // it would leave the root
    case ELOOP:
    case EINVAL:  // a folder into itself
      return 403;
    case ENAMETOOLONG:
      return 414;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // a limit of the process or the file system
      return 507;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return 503;
    default:
      return 500;
  }
}

}  // namespace weft::servers::file
