// SPDX-License-Identifier: BSL-1.0
#include "servers/file/listing.hpp"

#include <algorithm>

#include "servers/file/http_date.hpp"
#include "servers/file/path.hpp"

namespace weft::servers::file {
namespace {

// Names are bytes of anybody's choice: none of them may become markup.
void append_escaped(std::string_view text, std::string& to) {
  for (char c : text) {
    switch (c) {
      case '&':
        to += "&amp;";
        break;
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      case '"':
        to += "&quot;";
        break;
      case '\'':
        to += "&#39;";
        break;
      default:
        to += c;
    }
  }
}

constexpr std::string_view kStyle =
    "<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:1.5rem "
    "auto;max-width:60rem;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{padding:"
    ".2rem .8rem .2rem 0;text-align:left;overflow-wrap:anywhere}td+td,th+th{text-align:right;"
    "white-space:nowrap;font-variant-numeric:tabular-nums}tbody tr:hover{background:#8882}"
    "</style>\n";

// "./" keeps a name with a colon from being read as a scheme.
void append_row(std::string_view name, bool folder, std::string_view size, std::string_view date,
                std::string& page) {
  page += "<tr><td><a href=\"./";
  std::string link;
  append_encoded(name, link);
  if (folder) link += '/';
  append_escaped(link, page);
  page += "\">";
  append_escaped(name, page);
  if (folder) page += '/';
  page += "</a></td><td>";
  page += size;
  page += "</td><td>";
  page += date;
  page += "</td></tr>\n";
}

}  // namespace

std::string listing_page(std::string_view folder, FolderListing& listing) {
  using Entry = FolderListing::Entry;
  std::sort(listing.entries.begin(), listing.entries.end(), [](const Entry& a, const Entry& b) {
    if (a.file.directory != b.file.directory) return a.file.directory;
    return a.name < b.name;
  });
  std::string title = "Files of /";
  append_escaped(folder, title);
  std::string page;
  page.reserve(1024 + listing.entries.size() * 160);
  page += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" + title + "</title>\n";
  page += kStyle;
  page += "</head>\n<body>\n<main>\n<h1>" + title + "</h1>\n<table>\n<thead><tr>";
  page += "<th scope=\"col\">Name</th><th scope=\"col\">Bytes</th>";
  page += "<th scope=\"col\">Changed</th></tr></thead>\n<tbody>\n";
  if (!folder.empty()) append_row("..", true, "", "", page);
  for (const Entry& entry : listing.entries) {
    const HttpDate date = http_date(entry.file.mtime);
    const std::string size = entry.file.directory ? "" : std::to_string(entry.file.size);
    // Without the weekday: "06 Nov 1994 08:49:37 GMT".
    append_row(entry.name, entry.file.directory, size,
               std::string_view(date.data(), date.size()).substr(5), page);
  }
  page += "</tbody>\n</table>\n";
  if (listing.more) {
    page += "<p>Only " + std::to_string(kMostListed) + " of them are shown.</p>\n";
  }
  page += "</main>\n</body>\n</html>\n";
  return page;
}

}  // namespace weft::servers::file
