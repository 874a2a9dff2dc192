// SPDX-License-Identifier: BSL-1.0
// The words of labs/catalogue.hpp: a stable id, English, Chinese. Placeholders are {lower_case} and
// the same in both. The space between a number and its unit is U+00A0, which wrap() does not break.
#pragma once

#include <string_view>

namespace weft::labs {

struct Message {
  std::string_view id, en, zh;
};

// clang-format off
inline constexpr Message kMessages[] = {
    // ---- the words of a row ----
    {"row.single", "single-threaded", "单线程"},
    {"row.fsm", "finite-state machine", "有限状态机"},
    {"row.pool", "{workers} workers, {mapping}", "{workers} 个工作线程，{mapping}"},
    {"row.on_boost", "{row}, Boost.Fiber", "{row}，Boost.Fiber"},
    {"mapping.many_to_one", "many-to-one", "多对一"},
    {"mapping.many_to_many", "many-to-many", "多对多"},
    {"mapping.one_to_one", "one-to-one", "一对一"},

    // ---- weft compare: the screen and the report ----
    {"compare.title", "One blocking read: who has to wait?", "一次阻塞的 read()：谁得等待？"},
    {"compare.setup",
     "{cpu} ms of CPU a request; every third also waits {disk} ms for the disk. {clients} clients, ",
     "每个请求用 CPU {cpu} ms；每三个请求中有一个还要等磁盘 {disk} ms。{clients} 个客户端，"},
    {"compare.setup_workers", "{workers} workers, ", "{workers} 个工作线程，"},
    {"compare.setup_own_core", "one core.", "一个核。"},
    {"compare.setup_shared_core", "one core shared with the clients.", "与客户端共用一个核。"},
    {"compare.rate_unit", "requests/s", "请求/秒"},
    {"compare.lwps", "LWPs", "LWP"},
    {"compare.predicted", "predicted", "预测"},
    {"compare.measured", "measured", "实测"},
    {"compare.idle_1", "core idle while", "有请求在等"},
    {"compare.idle_2", "requests waited", "而核空闲"},
    {"compare.section_one_head", "a disk that reads for one at a time (1 head)", "一次只为一个请求读的磁盘（1 个磁头）"},
    {"compare.section_heads", "a disk that reads for {heads} at once ({heads} heads)", "同时为 {heads} 个请求读的磁盘（{heads} 个磁头）"},
    {"compare.one_core",
     "This process may use one core only, so server and clients share it: measured as it is, nothing predicted.",
     "本进程只能使用一个核，服务器与客户端共用它：照实测量，不作预测。"},
    {"compare.finding_one_lwp",
     "{workers} workers on one LWP are no faster than one thread: {n} times a worker called read(), the LWP blocked, and the others, {r} of them ready on average, could not run: {w} s lost.",
     "{workers} 个工作线程在一个 LWP 上并不比单线程快：工作线程 {n} 次调用 read()，LWP 随之阻塞，其余线程中平均有 {r} 个已就绪却无法运行：损失 {w} 秒。"},
    {"compare.finding_ceiling", "LWPs set the ceiling, not threads.", "决定上限的是 LWP，而不是线程。"},
    {"compare.finding_disk",
     "The book's {fast} needs a disk that reads for all at once; one read at a time gives {slow}.",
     "书中的 {fast} 需要一块能同时为所有请求读的磁盘；一次只读一个则为 {slow}。"},
    {"compare.finding_disk_model",
     "The book's {fast} needs a disk that reads for all at once; one read at a time would give {slow}.",
     "书中的 {fast} 需要一块能同时为所有请求读的磁盘；一次只读一个则应为 {slow}。"},
    {"compare.finding_machine",
     "The state machine gets there on one thread because it never blocks in read, and pays by remembering each request itself: {b} bytes in {s} states, against a {k} KiB stack.",
     "状态机用一个线程就能做到，因为它从不阻塞在 read 中；代价是自己记住每个请求：{b} 字节、{s} 个状态，而线程则用 {k} KiB 的栈。"},
    {"compare.not_shown", "not shown here, because {why}.", "此处不显示，因为{why}。"},
    {"compare.why_missing", "this run has no row “{row}”", "本次没有测量“{row}”"},
    {"compare.why_numbers", "“{a}” measured {x} requests/s and “{b}” {y}", "实测“{a}”为 {x} 请求/秒，“{b}”为 {y}"},
    {"compare.why_no_reads", "no read blocked while a worker was ready", "没有出现工作线程就绪时 read 阻塞的情况"},
    {"compare.why_no_parallel", "no row measured a disk with four heads or more", "没有测量磁头数不少于四的磁盘"},
    {"compare.why_limit",
     "“{row}” measured {x} requests/s, no more than the {y} of a disk that reads one at a time",
     "实测“{row}”为 {x} 请求/秒，不高于一次只读一个的磁盘的 {y}"},
    {"compare.try_lwps", "Try: ./weft compare --lwps 1,2,4,8", "试试：./weft compare --lwps 1,2,4,8"},
    {"compare.try_heads", "Try: ./weft compare --heads 1,8", "试试：./weft compare --heads 1,8"},
    {"compare.measured_on", "Measured {date}, {cpu}, {runs} runs, spread ±{spread} %", "测于 {date}，{cpu}，{runs} 轮，离散 ±{spread} %"},
    {"compare.farthest", "; farthest from prediction: {row} {d} %", "；与预测相差最大：{row} {d} %"},
    {"compare.stop", ".", "。"},
    {"compare.errors", " {n} requests failed.", "{n} 个请求失败。"},
    {"compare.disturbed",
     " The host took more than 2 % of the core during {n} rounds.",
     "有 {n} 轮中宿主机占用了该核 2 % 以上的时间。"},
    {"compare.next", "Next: ./weft compare --lwps 1,2,4,8", "下一步：./weft compare --lwps 1,2,4,8"},
    {"compare.report_at", "Report with latencies: {path}", "含延迟的报告：{path}"},
};
// clang-format on

}  // namespace weft::labs
