// SPDX-License-Identifier: BSL-1.0
#include "labs/measure/operation.hpp"

#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>

namespace weft::labs::measure {
namespace {

namespace fs = std::filesystem;
using namespace lwp::os;

// Holds something for so long after prepare(), on a kernel thread of its own.
class Held : public Operation {
 public:
  ~Held() override {
    begin();
    thread_.join();
  }

 protected:
  void hold_for(Nanos length, std::function<void()> let_go) {
    thread_ = Thread("holder", [this, length, let_go = std::move(let_go)] {
      while (!begun_.load()) sleep_until(now() + kMillisecond);
      sleep_until(now() + length);
      let_go();
    });
  }
  void begin() { begun_.store(true); }

 private:
  lwp::atomic<bool> begun_{false};
  Thread thread_;
};

class Sleep final : public Operation {
 public:
  void prepare(Nanos length) override { length_ = length; }
  void block() override { sleep_until(now() + length_); }

 private:
  Nanos length_ = 0;
};

class PipeRead final : public Held {
 public:
  void prepare(Nanos length) override {
    pipe_ = std::move(pipe().value());
    hold_for(length, [this] {
      const std::byte one[1]{};
      (void)write(pipe_[1].get(), one).error();
    });
  }
  void block() override {
    begin();
    std::byte one[1];
    (void)read(pipe_[0].get(), one).error();
  }

 private:
  std::array<Fd, 2> pipe_;
};

// A lock of the C library's kind: it knows nothing of fibers, and its owner is a kernel thread.
class CLibraryMutex final : public Operation {
 public:
  ~CLibraryMutex() override {
    waits_.store(true);
    holder_.join();
  }
  void prepare(Nanos length) override {
    holder_ = Thread("mutex holder", [this, length] {
      std::lock_guard lock(mutex_);
      taken_.store(true);
      while (!waits_.load()) sleep_until(now() + kMillisecond);
      sleep_until(now() + length);
    });
    while (!taken_.load()) sleep_until(now() + kMillisecond);
  }
  void block() override {
    waits_.store(true);
    std::lock_guard lock(mutex_);
  }

 private:
  LibraryMutex mutex_;
  lwp::atomic<bool> taken_{false}, waits_{false};
  Thread holder_;
};

// A file of some megabytes in a folder of its own.
class OnDisk : public Held {
 public:
  OnDisk() {
    folder_ = fs::temp_directory_path() / ("weft-measure-" + std::to_string(thread_id()));
    fs::create_directories(folder_);
  }
  ~OnDisk() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

 protected:
  std::string path() const { return (folder_ / "file").string(); }
  void fill() const {
    std::ofstream out(path(), std::ios::binary);
    const std::string chunk(1 << 20, 'w');
    for (int i = 0; i < kMegabytes; ++i) out << chunk;
    if (!out.flush()) throw std::runtime_error("cannot write " + path());
  }
  static constexpr int kMegabytes = 32;

 private:
  fs::path folder_;
};

class ColdFile final : public OnDisk {
 public:
  void prepare(Nanos) override {
    fill();
    file_ = std::move(open_file(path()).value());
    (void)sync_file(file_.get()).error();
    drop_from_cache(file_.get());
    buffer_.resize(kMegabytes << 20);
  }
  void block() override { (void)pread(file_.get(), buffer_, 0).error(); }

 private:
  Fd file_;
  std::vector<std::byte> buffer_;
};

class Fsync final : public OnDisk {
 public:
  void prepare(Nanos) override {
    fill();
    file_ = std::move(open_file(path()).value());
  }
  void block() override { (void)sync_file(file_.get()).error(); }

 private:
  Fd file_;
};

class Flock final : public OnDisk {
 public:
  void prepare(Nanos length) override {
    std::ofstream(path()) << "locked\n";
    mine_ = std::move(open_file(path()).value());
    theirs_ = std::move(open_file(path()).value());
    (void)lock_file(theirs_.get()).error();
    hold_for(length, [this] { theirs_.reset(); });
  }
  void block() override {
    begin();
    (void)lock_file(mine_.get()).error();
  }

 private:
  Fd mine_, theirs_;
};

// Of a name that needs no network: it reads files, and does not take long.
class GetAddrInfo final : public Operation {
 public:
  void prepare(Nanos) override { (void)resolve("localhost"); }  // the first loads libraries
  void block() override { (void)resolve("localhost"); }
};

class Computation final : public Operation {
 public:
  void prepare(Nanos length) override { length_ = length; }
  void block() override {
    const Nanos enough = thread_cpu() + length_;
    while (thread_cpu() < enough) {
    }
  }

 private:
  Nanos length_ = 0;
};

template <class T>
std::unique_ptr<Operation> make() {
  return std::make_unique<T>();
}

}  // namespace

const std::vector<OperationKind>& operations() {
  static const std::vector<OperationKind> all = {{"sleep", make<Sleep>},
                                                 {"pipe", make<PipeRead>},
                                                 {"cold-file", make<ColdFile>},
                                                 {"fsync", make<Fsync>},
                                                 {"flock", make<Flock>},
                                                 {"mutex", make<CLibraryMutex>},
                                                 {"getaddrinfo", make<GetAddrInfo>},
                                                 {"compute", make<Computation>, true}};
  return all;
}

}  // namespace weft::labs::measure
