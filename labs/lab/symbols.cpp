// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/symbols.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "labs/compile.hpp"
#include "labs/toolchain.hpp"

namespace weft::labs::lab {
namespace {

// Of C: memory and text, numbers, the calls that wait (a lab shows what they do), and the ways out
// (which earn nothing). And what compilers call by themselves.
constexpr auto kAllowed = std::to_array<std::string_view>({
    "abort",
    "abs",
    "aligned_alloc",
    "atexit",
    "atoi",
    "atol",
    "bsearch",
    "calloc",
    "ceil",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "exit",
    "_exit",
    "_Exit",
    "fabs",
    "fflush",
    "floor",
    "fmod",
    "fprintf",
    "fputc",
    "fputs",
    "free",
    "fwrite",
    "gettimeofday",
    "isalpha",
    "isdigit",
    "isspace",
    "labs",
    "log",
    "log2",
    "malloc",
    "memchr",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "nanosleep",
    "perror",
    "pipe",
    "poll",
    "pow",
    "ppoll",
    "printf",
    "putchar",
    "puts",
    "qsort",
    "rand",
    "read",
    "readv",
    "realloc",
    "recv",
    "recvfrom",
    "recvmsg",
    "round",
    "sched_yield",
    "select",
    "send",
    "sendmsg",
    "sendto",
    "sleep",
    "snprintf",
    "sprintf",
    "sqrt",
    "srand",
    "stderr",
    "stdout",
    "strcmp",
    "strcpy",
    "strerror",
    "strlen",
    "strncmp",
    "strncpy",
    "strtol",
    "time",
    "tolower",
    "toupper",
    "usleep",
    "vfprintf",
    "vsnprintf",
    "write",
    "writev",
});
constexpr auto kByCompilers = std::to_array<std::string_view>({
    "_GLOBAL_OFFSET_TABLE_",
    "__assert_fail",
    "__cxa_",
    "__dso_handle",
    "__libc_single_threaded",
    "__errno_location",
    "__gxx_personality",
    "__gthrw",
    "__stack_chk_fail",
    "__tls_get_addr",
    "_Unwind_",
    "DW.ref.",
    "__dynamic_cast",
    "__once_proxy",
    "__emutls",
    "__aarch64_",
    "__popcount",
    "__isoc",
    "__clang_",
    "__tsan_",  // of each access to memory the simulated world is told
    "jump_fcontext",
    "make_fcontext",
    "ontop_fcontext",  // weft's own switch
    "pthread_",        // std::mutex and std::thread, which the explorer knows and names
});

// weft's own names that a program has no use for: the world's, and the machine's.
constexpr auto kNotForThem = std::to_array<std::string_view>({
    "_ZN4weft3lwp3sim",
    "_ZN4weft3lwp2os8exit_now",
    "_ZN4weft3lwp2os12fork_process",
    "_ZN4weft3lwp2os13spawn_process",
    "_ZN4weft3lwp2os16library_function",
    "_ZN4weft3lwp2os13shared_memory",
    "_ZN4weft3lwp2os7confine",
    "_ZN4weft3lwp2os8on_fault",
    "_ZN4weft4labs",
});
// But these are called by weft's headers.
constexpr auto kOfTheWorld = std::to_array<std::string_view>(
    {"5point", "4spin",    "6access",      "6forget",         "6broken", "6figure",   "6choose",
     "5order", "7acquire", "7release",     "4hide",           "4note",   "7is_told",  "5fault",
     "3now",   "7running", "13wait_until", "13current_actor", "6act_as", "9new_actor"});

bool begins(std::string_view name, const auto& all) {
  return std::ranges::any_of(all, [&](std::string_view one) { return name.starts_with(one); });
}

// "__memcpy_chk" is memcpy that knows the room.
std::string_view plain(std::string_view name) {
  if (name.starts_with("__") && name.ends_with("_chk")) {
    name.remove_prefix(2);
    name.remove_suffix(4);
  }
  return name;
}

bool may_call(std::string_view name) {
  if (!name.starts_with("_Z"))
    return begins(name, kByCompilers) || std::ranges::count(kAllowed, plain(name)) > 0;
  if (name.find("5stage") != name.npos) return false;  // the checks' own
  for (const char* files : {"basic_filebuf", "basic_ifstream", "basic_ofstream", "basic_fstream",
                            "10filesystem", "random_device"}) {
    if (name.find(files) != name.npos) return false;
  }
  constexpr std::string_view kWorld = "_ZN4weft3lwp3sim";
  if (name.starts_with(kWorld)) return begins(name.substr(kWorld.size()), kOfTheWorld);
  return !begins(name, kNotForThem);
}

bool may_define(const Symbol& s) {
  const std::string_view name = s.name;
  if (name == "weft_policy" || name.starts_with("DW.ref.") || name.starts_with("__clang_"))
    return true;
  if (s.type == 'i') return false;  // chosen at load time
  if (!name.starts_with("_Z")) {    // C's functions; a variable at namespace level has such a name
    const bool is_function = s.type == 'T' || s.type == 'W';
    return !is_function && name != "environ" && name != "stdout" && name != "stderr";
  }
  if (name == "_ZnwmPv" || name == "_ZnamPv" || name == "_ZdlPvS_" || name == "_ZdaPvS_")
    return true;  // placement
  if (name.starts_with("_Zn") || name.starts_with("_Zd") || name == "_Z7programv") return false;
  if (name.find("5stage") != name.npos) return false;
  // Of templates and inline functions everybody has a copy; whatever else is there once.
  const bool weak = s.type == 'W' || s.type == 'V' || s.type == 'u';
  const bool of_others = name.starts_with("_ZN4weft") || name.starts_with("_ZNK4weft") ||
                         name.starts_with("_ZNSt") || name.starts_with("_ZSt");
  return weak ? !(name.starts_with("_ZN4weft3lwp3sim") || name.starts_with("_ZN4weft4labs"))
              : !of_others;
}

}  // namespace

std::string demangled(const std::string& text) {
  const auto at = text.find("_Z");
  if (at == text.npos) return text;
  const auto end = text.find_first_of(" ,)\n", at);
  const std::string name = text.substr(at, end == text.npos ? end : end - at);
  std::string plain = run_command({"c++filt", name}, kCompilerPatience).text;
  while (plain.ends_with('\n')) plain.pop_back();
  return plain.empty() ? name : plain;
}

std::vector<Symbol> symbols_of(const std::string& object) {
  const Output said =
      run_command({"nm", "--extern-only", "--format=posix", object}, kCompilerPatience);
  std::vector<Symbol> out;
  std::istringstream lines(said.text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Symbol s;
    if (fields >> s.name >> s.type) out.push_back(std::move(s));
  }
  return out;
}

Refused refused(const Symbol& s) {
  const bool called = s.type == 'U' || s.type == 'w' || s.type == 'v';
  if (called) return may_call(s.name) ? Refused::no : Refused::calls;
  return may_define(s) ? Refused::no : Refused::defines;
}

}  // namespace weft::labs::lab
