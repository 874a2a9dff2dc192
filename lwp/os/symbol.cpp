// SPDX-License-Identifier: BSL-1.0
// Which function lies at an address, for a process that is about to die, perhaps in the middle of
// malloc. dladdr knows exported functions only, and neither it nor __cxa_demangle may be called
// here: so the program's file is read, section by section, with small buffers on the stack.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

using Place = std::uintptr_t;

template <class T>
bool read_at(int fd, std::uint64_t offset, T* into, std::size_t count = 1) {
  auto bytes = static_cast<ssize_t>(count * sizeof(T));
  return ::pread(fd, into, count * sizeof(T), static_cast<off_t>(offset)) == bytes;
}

struct Mapping {
  Place begin = 0, end = 0, offset = 0;
  std::array<char, 256> path{};
};

// "begin-end perms offset device inode path"
bool parse(std::string_view line, Mapping& m) {
  const char* at = line.data();
  const char* end = at + line.size();
  auto hexadecimal = [&](Place& value) {
    auto read = std::from_chars(at, end, value, 16);
    at = read.ptr + 1;
    return read.ec == std::errc() && at < end;
  };
  if (!hexadecimal(m.begin) || !hexadecimal(m.end)) return false;
  at = std::find(at, end, ' ') + 1;
  if (at >= end || !hexadecimal(m.offset)) return false;
  auto path = std::find(at, end, '/');
  auto n = static_cast<std::size_t>(end - path);
  if (n == 0 || n >= m.path.size()) return false;
  std::copy(path, end, m.path.begin());
  m.path[n] = '\0';
  return true;
}

// The file that is mapped where `pc` is.
bool find_mapping(Place pc, Mapping& m) {
  Fd maps(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  char buffer[2048];
  std::size_t have = 0;
  while (maps) {
    ssize_t n = retry([&] { return ::read(maps.get(), buffer + have, sizeof buffer - have); });
    if (n <= 0) return false;
    have += static_cast<std::size_t>(n);
    char* at = buffer;
    while (char* line_end = std::find(at, buffer + have, '\n')) {
      if (line_end == buffer + have) break;
      Mapping found;
      if (parse({at, static_cast<std::size_t>(line_end - at)}, found) && found.begin <= pc &&
          pc < found.end) {
        m = found;
        return true;
      }
      at = line_end + 1;
    }
    have = static_cast<std::size_t>(buffer + have - at);
    if (have == sizeof buffer) return false;  // no line is that long
    std::memmove(buffer, at, have);
  }
  return false;
}

// What a place in the file is called in its symbol tables.
bool virtual_address(int fd, const ElfW(Ehdr) & header, Place offset, Place& address) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) part;
    if (!read_at(fd, header.e_phoff + i * sizeof part, &part)) return false;
    if (part.p_type == PT_LOAD && part.p_offset <= offset &&
        offset < part.p_offset + part.p_filesz) {
      address = offset - part.p_offset + part.p_vaddr;
      return true;
    }
  }
  return false;
}

bool find_name(int fd, const ElfW(Shdr) & table, std::uint64_t names, Place address,
               std::span<char> into) {
  std::array<ElfW(Sym), 128> symbols;
  const std::size_t count = table.sh_size / sizeof symbols[0];
  for (std::size_t i = 0; i < count; i += symbols.size()) {
    const std::size_t n = std::min(symbols.size(), count - i);
    if (!read_at(fd, table.sh_offset + i * sizeof symbols[0], symbols.data(), n)) return false;
    for (const auto& s : std::span(symbols).first(n)) {
      if ((s.st_info & 15) != STT_FUNC || address < s.st_value ||
          address >= s.st_value + s.st_size) {
        continue;
      }
      ssize_t got =
          ::pread(fd, into.data(), into.size() - 1, static_cast<off_t>(names + s.st_name));
      into[got < 0 ? 0 : static_cast<std::size_t>(got)] = '\0';
      return got > 0;
    }
  }
  return false;
}

bool symbol_at(int fd, Place offset, std::span<char> into) {
  ElfW(Ehdr) header;
  Place address = 0;
  if (!read_at(fd, 0, &header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      !virtual_address(fd, header, offset, address)) {
    return false;
  }
  for (unsigned wanted : {SHT_SYMTAB, SHT_DYNSYM}) {
    for (unsigned i = 0; i < header.e_shnum; ++i) {
      ElfW(Shdr) table, names;
      auto section = [&](unsigned n) { return header.e_shoff + n * sizeof table; };
      if (!read_at(fd, section(i), &table) || table.sh_type != wanted) continue;
      if (read_at(fd, section(table.sh_link), &names) &&
          find_name(fd, table, names.sh_offset, address, into)) {
        return true;
      }
    }
  }
  return false;
}

// "_ZN4weft12_GLOBAL__N_13runEi" as "weft::(anonymous namespace)::run": the plain parts of a name
// mangled by the Itanium ABI (5.1.2 <nested-name>), up to the first that is not.
std::string_view readable(std::string_view mangled, std::span<char> into) {
  std::size_t size = 0;
  auto put = [&](std::string_view part) {
    part = part.substr(0, into.size() - size);
    std::copy(part.begin(), part.end(), into.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
  };
  if (!mangled.starts_with("_Z")) {
    put(mangled);
    return {into.data(), size};
  }
  std::string_view rest = mangled.substr(2);
  if (rest.starts_with('Z')) {  // <local-name>: what it is called says less than where it is
    put("a function within ");
    rest.remove_prefix(std::min(rest.find_first_not_of('Z'), rest.size()));
  }
  const std::size_t before = size;
  const bool nested = rest.starts_with('N');
  if (nested) rest.remove_prefix(1);
  while (!rest.empty() && std::string_view("KVrL").find(rest[0]) != rest.npos)
    rest.remove_prefix(1);
  if (rest.starts_with("St")) {
    put("std");
    rest.remove_prefix(2);
  }
  while (!rest.empty()) {
    std::size_t length = 0;
    auto digits = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    if (digits.ec != std::errc()) break;
    rest.remove_prefix(static_cast<std::size_t>(digits.ptr - rest.data()));
    if (size > before) put("::");
    std::string_view part = rest.substr(0, length);
    put(part == "_GLOBAL__N_1" ? "(anonymous namespace)" : part);
    rest.remove_prefix(part.size());
    if (!nested) break;
    if (rest.starts_with('L')) rest.remove_prefix(1);
  }
  if (size == before) {
    size = 0;
    put(mangled);
  } else if (nested && !rest.starts_with('E')) {
    put("…");  // a template's arguments, an operator, a lambda
  }
  return {into.data(), size};
}

}  // namespace

std::string_view function_at(const void* pc, std::span<char> into) {
  const auto at = reinterpret_cast<Place>(pc);
  Mapping mapping;
  if (!find_mapping(at, mapping)) return {};
  Fd file(::open(mapping.path.data(), O_RDONLY | O_CLOEXEC));
  char mangled[512];
  if (!file || !symbol_at(file.get(), at - mapping.begin + mapping.offset, mangled)) return {};
  return readable(mangled, into);
}

}  // namespace weft::lwp::os
