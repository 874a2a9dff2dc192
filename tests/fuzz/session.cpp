// SPDX-License-Identifier: BSL-1.0
// Bytes as all that a client says on a connection. Whatever they are, and however they are cut: the
// answers are sound, each is to one request as RFC 9112 counts them, and the files end up the same.
#include <cctype>

#include "servers/file/file_service.hpp"
#include "servers/file/head_scanner.hpp"
#include "servers/file/request.hpp"
#include "servers/file/response.hpp"
#include "tests/fuzz/plain_http.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/servers/conversations.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using namespace weft::fuzz;
using tests::Event;
using tests::failure;

namespace {

// So small that a short input reaches every limit.
servers::FileOptions options(bool writable) {
  return {.limits = {.request_line = 512, .head = 512, .body = 3000},
          .buffer = 2 * servers::file::kMaxHead + 1,
          .writable = writable,
          .wall = [] { return 784111777 * lwp::os::kSecond; }};
}

// Files in memory, and trees of them too. Sees to it that no name leads elsewhere.
class Tree final : public tests::Files {
 public:
  explicit Tree(std::size_t chunk) {
    static const std::string big = tests::letters(5000);
    plain_.files = {{"a.txt", {"hello\n"}}, {"index.html", {"<p>index"}},
                    {"sub", {"", true}},    {"sub/index.html", {"<p>sub"}},
                    {"bare", {"", true}},   {"bare/x", {"x"}},
                    {"empty", {""}},        {"big.bin", {big}}};
    plain_.chunk = chunk;
  }
  Event open(const std::string& name) override {
    stays_below(name);
    return plain_.open(name);
  }
  Event perform(const servers::DiskWork& work) override {
    using Kind = servers::DiskWork::Kind;
    if (work.name != nullptr) stays_below(*work.name);
    if (work.to != nullptr) stays_below(*work.to);
    switch (work.kind) {
      case Kind::make_folder:
        if (plain_.files.contains(*work.name)) return failure(EEXIST);
        plain_.files[*work.name].directory = true;
        return {.kind = Event::Kind::disk_done};
      case Kind::copy:
      case Kind::move:
        return copy(work);
      default:
        return plain_.perform(work);
    }
  }
  void close() override { plain_.close(); }

  std::string contents() const {
    std::string all;
    for (const auto& [name, file] : plain_.files) all += name + "\n" + file.content + "\n";
    return all;
  }
  bool has_temporary() const { return plain_.temporary.has_value(); }

 private:
  Event copy(const servers::DiskWork& work) {
    const auto from = plain_.files.find(*work.name);
    if (from == plain_.files.end()) return failure(ENOENT);
    const bool replaced = plain_.files.contains(*work.to);
    if (replaced && !work.overwrite) return failure(ECANCELED);
    plain_.files[*work.to] = from->second;
    if (work.kind == servers::DiskWork::Kind::move) plain_.files.erase(from);
    return {.kind = Event::Kind::disk_done, .done = {.replaced = replaced}};
  }
  static void stays_below(const std::string& name) {
    const std::string slashes = "/" + name + "/";
    for (const char* part : {"/../", "/./", "/.weft-temporary-"}) {
      require(slashes.find(part) == slashes.npos, "no name leads elsewhere");
    }
    require(!name.starts_with('/') && name.find("//") == name.npos, "a name is relative");
    require(name.find('\0') == name.npos, "no NUL in a name");
  }

  tests::MemoryFiles plain_;
};

struct Answer {
  int status = 0;
  bool close = false;
  std::string whole{};
};

// Takes the next answer off the front of what was heard.
Answer take_answer(std::string_view& heard, bool to_head) {
  const auto head = plain_head(heard);
  require(head && head->begin == 0, "an answer has a head");
  const std::string& line = head->request_line;
  require(line.size() > 13 && line.starts_with("HTTP/1.1 ") && line[12] == ' ',
          "and a status line");
  Answer answer{.status = std::stoi(line.substr(9, 3))};
  require(line.substr(13) == servers::file::reason(answer.status) || answer.status == 100,
          "with the reason of its status");
  for (const std::string& field : head->lines) {
    const auto colon = field.find(": ");
    require(colon != field.npos && colon > 0, "a field has a name");
    for (char c : field.substr(0, colon)) require(std::isalpha(c) || c == '-', "of letters");
    for (unsigned char c : field)
      require(c >= 0x20 && c != 0x7f, "no field has control characters");
  }
  require(answer.status == 100 || head->values("date").size() == 1, "an answer has a date");
  answer.close = head->values("connection") == std::vector<std::string>{"close"};
  const auto lengths = head->values("content-length");
  const bool empty = answer.status == 100 || answer.status == 204 || answer.status == 304;
  require(lengths.size() == (empty ? 0 : 1), "it says how long it is");
  const auto length = empty || to_head ? 0 : std::stoull(lengths[0]);
  require(heard.size() - head->end >= length, "and it is so long");
  answer.whole = heard.substr(0, head->end + length);
  heard.remove_prefix(answer.whole.size());
  return answer;
}

// That `answer` may be said to what stands at the front of `said`; the length of that request.
std::size_t fits(const Answer& answer, const std::optional<PlainHead>& head,
                 std::string_view said) {
  servers::file::HeadScanner scanner;
  using Scanned = servers::file::HeadScanner::Verdict;
  const auto scanned = scanner.scan(said.substr(0, options(false).limits.head));
  if (answer.status == 408) {
    require(answer.close && scanned != Scanned::malformed,
            "only what has not ended takes too long");
    return 0;
  }
  if (scanned != Scanned::complete) {
    const int status = answer.status;
    require(answer.close, "behind a head that is none nothing can be trusted");
    require(scanned == Scanned::malformed ? status == 400 : status == 414 || status == 431,
            "and it is refused as what it is");
    return 0;
  }
  const auto verdict = servers::file::judge(said.substr(head->begin, head->end - head->begin));
  require(verdict.status == 0 || answer.status == verdict.status, "a judgement is carried out");
  require(!verdict.close || answer.close, "and closes where it says so");
  require(verdict.request.keep_alive || answer.close, "as the client may wish, too");
  if (answer.close) return 0;
  const auto body = plain_body(*head, said);
  require(body.has_value(), "a connection stays open behind a whole request only");
  return head->end + body->size;
}

// Checks all that was heard, and returns it without invitations: whether one is sent depends on
// what of a body has come with its head.
std::string without_invitations(std::string_view said, std::string_view heard, int requests) {
  std::string out;
  int answers = 0;
  bool closed = false;
  while (!heard.empty()) {
    const auto head = plain_head(said);
    const bool to_head = said.substr(empty_lines(said)).starts_with("HEAD ");
    const Answer answer = take_answer(heard, to_head);
    if (answer.status == 100) {
      require(head && head->values("expect").size() == 1, "who is invited asked for it");
      continue;
    }
    require(!closed, "nothing is said behind the last answer");
    out += answer.whole;
    ++answers;
    said.remove_prefix(fits(answer, head, said));
    closed = answer.close;
  }
  require(answers <= requests && requests <= answers + 1, "each request is counted");
  const auto head = plain_head(said);
  require(closed || !head || !plain_body(*head, said) || head->end > options(false).limits.head,
          "every request is answered");
  return out;
}

// What a client hears that says this in pieces of that size, and what the files are then.
std::string converse(std::string_view said, bool writable, std::size_t piece, std::size_t chunk,
                     bool expires) {
  auto with_ids = options(writable);
  with_ids.ids = [id = std::uint64_t{0}]() mutable { return ++id; };
  servers::FileService service(std::move(with_ids));
  Tree files(chunk);
  tests::Talk talk(service, files);
  for (auto rest = said; !rest.empty() && !talk.closed();) {
    talk.say(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  if (expires) talk.expire();
  talk.hang_up();
  require(talk.closed() && !talk.file_open() && !files.has_temporary(),
          "an end leaves nothing open");
  require(talk.failures() == 0, "nothing here is the server's fault");
  const std::string heard = without_invitations(said, talk.heard(), talk.requests());
  return heard + (writable ? files.contents() : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view said = text_of(data, size);
  for (bool writable : {false, true}) {
    const std::string whole = converse(said, writable, size, SIZE_MAX, false);
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, size / 2 + 1}) {
      require(converse(said, writable, piece, 997, false) == whole, "pieces make no difference");
    }
    converse(said, writable, size, SIZE_MAX, true);
  }
  return 0;
}
