// SPDX-License-Identifier: BSL-1.0
#include <dlfcn.h>

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

}  // namespace weft::lwp::os
