// SPDX-License-Identifier: BSL-1.0
// MKCOL, COPY and MOVE of WebDAV (RFC 4918): what they ask of the disk. Properties and locks, the
// rest of the standard, are left out.
#pragma once

#include <string>

#include "servers/disk_work.hpp"
#include "servers/file/request.hpp"

namespace weft::servers::file {

/// Fills in the work of a MKCOL, COPY, MOVE or DELETE of `name`; `to` is memory for the name of the
/// destination. 0, or the status to refuse it with.
int plan(const Request& request, const std::string& name, std::string& to, DiskWork& work);

/// The status of such a work, or of an upload, that failed with `error`.
int status_of_failure(DiskWork::Kind kind, int error);

}  // namespace weft::servers::file
