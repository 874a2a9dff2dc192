// SPDX-License-Identifier: BSL-1.0
// A function that computes a thread-local's address and nothing else must not be looked into: a
// compiler that sees it is a function of nothing would call it once, and remember the answer across
// a switch that continues on another kernel thread. Being out of line is not enough: without
// inlining both compilers still infer that it reads no memory ("pure", "const"), which is just what
// lets them merge two calls.
#pragma once

#if defined(__clang__)
// clang has no noipa. It infers nothing about a function that it may not optimize.
#define WEFT_OPAQUE [[gnu::noinline, clang::optnone]]
#else
#define WEFT_OPAQUE [[gnu::noipa]]
#endif
