// SPDX-License-Identifier: BSL-1.0
#include <dlfcn.h>
#include <link.h>
#include <type_traits>

#include "lwp/os.hpp"

namespace weft::lwp::os {

void (*library_function(const std::string& path, const char* name, std::string& why))() {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = library == nullptr ? nullptr : ::dlsym(library, name);
  if (symbol == nullptr) {
    const char* said = ::dlerror();
    why = said == nullptr ? "no such function" : said;
  }
  return reinterpret_cast<void (*)()>(symbol);
}

namespace {

using Part = std::remove_const_t<std::remove_pointer_t<decltype(dl_phdr_info::dlpi_phdr)>>;

// Calls `found` with the module that a function belongs to.
template <class Found>
void with_module_of(void (*function)(), Found&& found) {
  struct Search {
    std::uintptr_t address;
    Found& found;
  } search{reinterpret_cast<std::uintptr_t>(function), found};
  ::dl_iterate_phdr(
      [](dl_phdr_info* module, std::size_t, void* argument) {
        auto& s = *static_cast<Search*>(argument);
        for (int i = 0; i < module->dlpi_phnum; ++i) {
          const auto& part = module->dlpi_phdr[i];
          const std::uintptr_t begin = module->dlpi_addr + part.p_vaddr;
          if (part.p_type == PT_LOAD && s.address >= begin && s.address < begin + part.p_memsz) {
            s.found(*module, part);
            return 1;
          }
        }
        return 0;
      },
      &search);
}

}  // namespace

std::span<const std::byte> module_of(void (*function)()) {
  std::span<const std::byte> all;
  with_module_of(function, [&](const dl_phdr_info& module, const Part& code) {
    all = {reinterpret_cast<const std::byte*>(module.dlpi_addr), code.p_vaddr + code.p_memsz};
  });
  return all;
}

std::span<std::byte> variables_of(void (*function)()) {
  std::uintptr_t begin = 0, end = 0;
  with_module_of(function, [&](const dl_phdr_info& module, const Part&) {
    for (int i = 0; i < module.dlpi_phnum; ++i) {
      const Part& part = module.dlpi_phdr[i];
      const std::uintptr_t at = module.dlpi_addr + part.p_vaddr;
      if (part.p_type == PT_LOAD && (part.p_flags & PF_W) != 0) begin = at, end = at + part.p_memsz;
    }
    // The beginning of that is read-only by now, in whole pages.
    for (int i = 0; i < module.dlpi_phnum; ++i) {
      const Part& part = module.dlpi_phdr[i];
      const std::uintptr_t page = page_size();
      const std::uintptr_t until = (module.dlpi_addr + part.p_vaddr + part.p_memsz) / page * page;
      if (part.p_type == PT_GNU_RELRO && until > begin && until <= end) begin = until;
    }
  });
  return {reinterpret_cast<std::byte*>(begin), end - begin};
}

bool is_thread_local(const void* address) {
  struct Search {
    const std::byte* address;
    bool found = false;
  } search{static_cast<const std::byte*>(address)};
  ::dl_iterate_phdr(
      [](dl_phdr_info* module, std::size_t, void* argument) {
        auto& s = *static_cast<Search*>(argument);
        const auto* own = static_cast<const std::byte*>(module->dlpi_tls_data);
        for (int i = 0; own != nullptr && i < module->dlpi_phnum; ++i) {
          const Part& part = module->dlpi_phdr[i];
          s.found |= part.p_type == PT_TLS && s.address >= own && s.address < own + part.p_memsz;
        }
        return s.found ? 1 : 0;
      },
      &search);
  return search.found;
}

}  // namespace weft::lwp::os
