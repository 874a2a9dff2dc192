# SPDX-License-Identifier: BSL-1.0


class WeftCommand(gdb.Command):
    """The fibers of a program built with Weft: weft fibers, weft bt, weft waits."""

    def __init__(self):
        super().__init__("weft", gdb.COMMAND_STACK, gdb.COMPLETE_NONE, True)


class WeftFibers(gdb.Command):
    """Lists every fiber: its number, name, state, LWP and what it waits for."""

    def __init__(self):
        super().__init__("weft fibers", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        for scheduler in weft_schedulers():
            print(f"{'fiber':>7}  {'name':23}  {'state':7}  {'LWP':>4}  waits for")
            for f in scheduler.fibers:
                lwp = str(f.lwp.index) if f.lwp else "-"
                line = f"{f.id:7}  {f.name:23}  {f.state:7}  {lwp:>4}  {f.reason()}"
                print(line.rstrip())


class WeftBacktrace(gdb.Command):
    """Prints the calls of a fiber, or of each: weft bt ID|all [FLAGS OF bt]"""

    # What a fiber calls first of its own is called by this; below it is the engine.
    BOTTOM = "weft::fibers::ControlBlock::run_body ("

    def __init__(self):
        super().__init__("weft bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = argument.split(maxsplit=1)
        which, flags = (words + ["", ""])[:2]
        if which != "all" and not which.isdigit():
            raise gdb.GdbError("weft bt ID|all [FLAGS OF bt]; the numbers: weft fibers")
        fibers = [f for s in weft_schedulers() for f in s.fibers]
        if which != "all":
            fibers = [f for f in fibers if f.id == int(which)]
            if not fibers:
                raise gdb.GdbError(f"weft: no fiber {which} lives; the numbers: weft fibers")
        for fiber in fibers:
            reason = fiber.reason()
            where = f" on LWP {fiber.lwp.index}" if fiber.state == "running" else ""
            if where and fiber.in_call:
                where += f" (in a blocking call: {fiber.in_call})"
            print(f"{fiber.title()}: {fiber.state}{where}{' for ' + reason if reason else ''}")
            print(self.calls(fiber, flags))

    def calls(self, fiber, flags):
        if fiber.lwp:
            return self.of_thread(fiber, flags)
        context = fiber.context()
        if context == 0:
            return "(has not run yet)\n"
        return self.to_its_end(*weft_unwinder.backtrace(context, flags))

    def of_thread(self, fiber, flags):
        thread = fiber.lwp.thread()
        if thread is None:
            return f"(its kernel thread {fiber.lwp.thread_id} is gone)\n"
        before = gdb.selected_thread()
        frame = gdb.selected_frame()
        try:
            thread.switch()
            return self.to_its_end(gdb.execute(f"bt {flags}", to_string=True), 0)
        finally:
            before.switch()
            frame.select()

    def to_its_end(self, text, skip):
        """Without the first `skip` frames and those of the engine."""
        kept = []
        number = -1
        ended = False
        for line in text.splitlines():
            frame = re.match(r"#(\d+) +", line)
            if frame:
                if ended:
                    break
                ended = self.BOTTOM in line
                number = int(frame.group(1)) - skip
                line = f"#{number:<3}" + line[frame.end():]
            if number >= 0:
                kept.append(line)
        return "\n".join(kept) + "\n"


class WeftWaits(gdb.Command):
    """Says who waits for what, and which fiber must act first where that is known."""

    def __init__(self):
        super().__init__("weft waits", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        for scheduler in weft_schedulers():
            waiting = [f for f in scheduler.fibers if f.state == "waiting"]
            for fiber in waiting:
                owner = scheduler.owner(fiber)
                held = "" if owner is None else f", held by {owner.title()} ({owner.state})"
                if owner is not None and fiber.waits_for.endswith("of fiber"):
                    held = f" {owner.name} ({owner.state})"
                circle = "  <- in a circle" if self.in_circle(scheduler, fiber) else ""
                print(f"{fiber.title()} waits for {fiber.reason() or '?'}{held}{circle}")
            if not waiting:
                print("no fiber waits")

    def in_circle(self, scheduler, fiber):
        at = fiber
        for _ in scheduler.fibers:
            at = scheduler.owner(at) if at.state == "waiting" else None
            if at is None:
                return False
            if at is fiber:
                return True
        return False


for command in (WeftCommand, WeftFibers, WeftBacktrace, WeftWaits):
    command()
