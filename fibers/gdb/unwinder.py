# SPDX-License-Identifier: BSL-1.0
# Shows gdb the stack of a fiber that does not run, without writing a register (a core has none to
# write): while armed, the caller of the thread's innermost frame is the place where the fiber was
# left. The frame above is given the fiber's context for its stack address, which lies below all of
# the fiber's frames: gdb refuses callers that lie lower than what they call.
from gdb.unwinder import Unwinder, register_unwinder


class WeftFrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class WeftUnwinder(Unwinder):
    # Boost.Context's saved context on x86-64 ends with these, and with where to go on; what comes
    # before them differs between versions of Boost.
    SAVED = ("r12", "r13", "r14", "r15", "rbx", "rbp", "rip")
    WORD = 8

    def __init__(self):
        super().__init__("weft-fibers")
        self.context = 0
        self.size = 0
        self.innermost_sp = 0

    def __call__(self, pending):
        if self.context == 0:
            return None
        sp = int(pending.read_register("rsp"))
        if sp != self.innermost_sp:
            return None
        word = gdb.lookup_type("unsigned long")
        pc = pending.read_register("rip")
        info = pending.create_unwind_info(WeftFrameId(gdb.Value(self.context).cast(word), pc))
        end = self.context + self.size
        for i, name in enumerate(self.SAVED):
            at = gdb.Value(end - self.WORD * (len(self.SAVED) - i)).cast(word.pointer())
            info.add_saved_register(name, at.dereference())
        info.add_saved_register("rsp", gdb.Value(end).cast(word))
        return info

    def context_size(self):
        """As the first instruction of jump_fcontext says: lea -N(%rsp),%rsp, then the return
        address."""
        address = int(gdb.parse_and_eval("(unsigned long)&jump_fcontext"))
        code = gdb.selected_inferior().read_memory(address, 16).tobytes()
        at = code.find(b"\x48\x8d\x64\x24")
        if at < 0:
            raise gdb.GdbError("weft: this Boost.Context saves registers in an unknown way")
        return 0x100 - code[at + 4] + self.WORD

    def backtrace(self, context, flags):
        """The text of `bt` for a saved context, its frames counted from 0, and how many of them are
        not the fiber's: the thread's innermost, and those inlined into each other there."""
        if gdb.newest_frame().architecture().name() != "i386:x86-64":
            raise gdb.GdbError("weft: where a fiber's registers lie is known for x86-64 only")
        self.size = self.context_size()
        self.innermost_sp = int(gdb.newest_frame().read_register("rsp"))
        strange = 1
        frame = gdb.newest_frame()
        while frame.type() == gdb.INLINE_FRAME:
            frame = frame.older()
            strange += 1
        self.context = context
        gdb.invalidate_cached_frames()
        try:
            return gdb.execute(f"bt {flags}", to_string=True), strange
        finally:
            self.context = 0
            gdb.invalidate_cached_frames()


weft_unwinder = WeftUnwinder()
register_unwinder(None, weft_unwinder, replace=True)
