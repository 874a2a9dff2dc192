# SPDX-License-Identifier: BSL-1.0
# What gdb's `weft` commands know of a program: its schedulers, fibers and LWPs, read from memory by
# the program's own debug information. Nothing here calls into the program or writes to it, so a
# core will do. CMake joins the files of this folder into a section of the program (script.cpp).
import gdb
import re


def weft_load(atomic):
    """The value inside a std::atomic, whatever the library calls its member."""
    value = atomic
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        kind = value.type.strip_typedefs()
        value = value[[f for f in kind.fields() if hasattr(f, "bitpos")][-1]]
    return value


def weft_pointers(vector, pointer_type):
    """The elements of a std::vector of std::unique_ptr."""
    at = vector["_M_impl"]["_M_start"].cast(pointer_type.pointer())
    end = vector["_M_impl"]["_M_finish"].cast(pointer_type.pointer())
    for i in range(int(end - at)):
        yield at[i]


def weft_has(kind, field):
    """Whether a type, or one of its bases, has this member."""
    for f in kind.strip_typedefs().fields():
        if f.name == field or (f.is_base_class and weft_has(f.type, field)):
            return True
    return False


class WeftLwp:
    def __init__(self, value):
        self.index = int(value["index"])
        self.thread_id = int(weft_load(value["thread_id"]))
        self.idle = bool(weft_load(value["idle"]))
        self.running = int(weft_load(value["running"]))

    def thread(self):
        """gdb's thread; None if it has ended."""
        for thread in gdb.selected_inferior().threads():
            if thread.ptid[1] == self.thread_id:
                return thread
        return None


class WeftFiber:
    # Of Task::Token (lwp/task.hpp): parked, and parked where not only another fiber can end it.
    PARKED = ("kParked", "kTimedPark")

    def __init__(self, task):
        self.address = int(task)
        self.value = task.cast(task.dynamic_type)
        self.id = int(weft_load(task["id_"]))
        name = gdb.selected_inferior().read_memory(int(task["name_"].address), 24).tobytes()
        self.name = name.split(b"\0")[0].decode("utf-8", "replace")
        token = int(weft_load(task["token"]))
        tokens = {f.enumval: f.name for f in gdb.lookup_type("weft::lwp::Task::Token").fields()}
        self.parked = tokens.get(token, "").split("::")[-1] in self.PARKED
        what = weft_load(task["waits_for"])
        self.waits_for = what.string() if self.parked and int(what) != 0 else ""
        self.object = int(weft_load(task["waits_object"])) if self.parked else 0
        call = weft_load(task["in_call"])
        self.in_call = call.string() if int(call) != 0 else ""  # that it has announced
        self.lwp = None  # the one that carries it

    @property
    def state(self):
        return "waiting" if self.parked else "running" if self.lwp else "ready"

    def reason(self):
        """As the dump on SIGQUIT says it (lwp/dump.cpp)."""
        if not self.waits_for or self.object == 0:
            return self.waits_for
        if self.waits_for.endswith(("fd", "fiber")):
            return f"{self.waits_for} {self.object}"
        return f"{self.waits_for} {self.object:#x}"

    def own_lwp(self):
        """One-to-one and attached threads: the fiber's kernel thread, for good."""
        if weft_has(self.value.type.target(), "lwp"):
            return WeftLwp(self.value.dereference()["lwp"])
        return None

    def context(self):
        """Where its registers were saved; 0 if nowhere, as before its first step."""
        fiber = self.value.dereference()
        context = fiber["context"]
        if context.type.strip_typedefs().target().code == gdb.TYPE_CODE_VOID:
            return int(context)
        return int(context["c_"]["fctx_"]) if int(context) != 0 else 0  # Boost.Fiber's

    def title(self):
        return f"fiber {self.id} {self.name}".rstrip()


class WeftScheduler:
    def __init__(self, pointer):
        self.fibers = []
        task = weft_load(pointer["all_"])
        while int(task) != 0:
            if weft_load(task["live"]):
                self.fibers.append(WeftFiber(task))
            task = task["all_next"]
        self.fibers.sort(key=lambda f: f.id)
        self.lwps = self.read_lwps(pointer)
        for fiber in self.fibers:
            own = fiber.own_lwp()
            if own:
                fiber.lwp = own
            elif not fiber.parked:
                fiber.lwp = next((l for l in self.lwps if l.running == fiber.address), None)

    def read_lwps(self, pointer):
        kind = pointer.dynamic_type.target()
        if not weft_has(kind, "lwps_"):
            return []  # one-to-one: the fibers' own
        scheduler = pointer.cast(pointer.dynamic_type).dereference()
        lwp = gdb.lookup_type("weft::lwp::Lwp").pointer()
        lwps = list(weft_pointers(scheduler["lwps_"], lwp))
        if weft_has(kind, "lwp_count_"):  # a pool's slots beyond were never used
            lwps = lwps[: int(weft_load(scheduler["lwp_count_"]))]
        return [WeftLwp(l.dereference()) for l in lwps]

    def owner(self, fiber):
        """The fiber that must act before this one goes on, if that is known."""
        if fiber.waits_for.endswith("of fiber"):
            return next((f for f in self.fibers if f.id == fiber.object), None)
        if fiber.waits_for not in ("mutex", "shared mutex") or fiber.object == 0:
            return None
        owned = gdb.Value(fiber.object).cast(gdb.lookup_type("weft::fibers::Owned").pointer())
        task = int(weft_load(owned["owner"]))
        return next((f for f in self.fibers if f.address == task), None)


def weft_schedulers():
    try:
        slots = gdb.parse_and_eval("'weft::lwp::(anonymous namespace)::known'")
    except gdb.error:
        raise gdb.GdbError("weft: no debug information of weft here; build the program with -g")
    slots = slots["_M_elems"]
    found = [weft_load(slots[i]) for i in range(slots.type.strip_typedefs().range()[1] + 1)]
    schedulers = [WeftScheduler(s) for s in found if int(s) != 0]
    if not schedulers:
        raise gdb.GdbError("weft: no runtime lives in this program at this moment")
    return schedulers
