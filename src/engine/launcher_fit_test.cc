// What the launcher makes of an engine that fits models to a device: the first load fits, the next ones are
// told.
#include <fstream>
#include <signal.h>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_launcher.h"

namespace signalbox::engine {
namespace {

using ::testing::ElementsAre;

// An engine with a device that has room for 12 layers. Writes down with what it was started. Cannot take what
// it does not fit first while there is a file `$0.full`; what is free stands in `$0.free`.
constexpr auto kFitsToItsDevice = R"(
for word in "$@"; do case "$word" in
  --help) echo '--model X --host: UNIX socket --port --ctx-size --parallel --alias --fit --gpu-layers'
    echo '--list-devices --verbosity N: - 4: trace'; exit 0;;
  --version) exit 0;;
  --list-devices) echo 'Available devices:'; echo '  CUDA0: A (24576 MiB, 23552 MiB free)'; exit 0;;
esac; done
echo "$*" >> "$0.starts"
echo $$ > "$0.pid"
fitted=yes
case "$*" in *'--fit off'*) fitted=no;; esac
if test -e "$2"; then echo 'couldnt bind' >&2; exit 1; fi
if test $fitted = no -a -e "$0.full"; then
  : > "$2"  # its socket, which llama-server leaves behind
  echo 'cmd_child_to_router:state:{"state":"loading","payload":{"value":1}}'
  echo 'unable to allocate CUDA0 buffer' >&2
  . "$0.full"
fi
{
if test $fitted = yes; then
  echo 'I common_params_fit_impl:   - CUDA0 (A): 12 layers,    235 MiB used,   1812 MiB free'
  echo 'I common_fit_params: successfully fit params to free device memory'
fi
echo "I llama_prepare_model_devices: using device CUDA0 (A) (0000:01:00.0) - $(cat "$0.free") MiB free"
} >&2
)";

class DeviceWorld final : public LauncherWorld {
 public:
  DeviceWorld() : LauncherWorld("") {
    set_free("23552");
    folder_.script("llama-server", std::string(kFitsToItsDevice) + "trap 'exit 0' TERM; " + kSayLoading +
                                       kSayReady +
                                       "while :; do sleep 0.02; test -e \"$0.die\" && exit 3; done\n");
  }
  void set_free(std::string_view mib) { std::ofstream(program_ + ".free") << mib; }
  // How it ends where it does not fit first.
  void set_full(std::string_view how = "exit 1") { std::ofstream(program_ + ".full") << how << '\n'; }
  void make_ready(std::uint64_t epoch) {
    launcher().start(kChat, Epoch(epoch));
    ASSERT_TRUE(until(fmt::format("progress {}: 250", epoch)));
    listen(Epoch(epoch));
    ASSERT_TRUE(until(fmt::format("ready {}", epoch)));
  }
  void stop(std::uint64_t epoch) {
    launcher().stop(Epoch(epoch));
    ASSERT_TRUE(until(fmt::format("exited {}", epoch)));
  }
  // For each start, what it was told of the fit.
  [[nodiscard]] std::vector<std::string> told() const {
    std::ifstream file(program_ + ".starts");
    std::vector<std::string> starts;
    for (std::string line; std::getline(file, line);) {
      const auto at = line.find("--fit off");
      starts.push_back(at == std::string::npos ? "fit" : line.substr(at, line.find(" --engine-word") - at));
    }
    return starts;
  }
};

TEST(DeviceFit, NeedNotFitAModelAgain) {
  DeviceWorld world;
  world.make_ready(1);
  world.stop(1);
  world.make_ready(2);
  EXPECT_THAT(world.told(), ElementsAre("fit", "--fit off --gpu-layers 12"));
}

TEST(DeviceFit, FitsAgainWhereWhatItRemembersNoLongerSuits) {
  for (const auto* how : {"exit 1", "kill -ABRT $$"}) {
    DeviceWorld world;
    world.make_ready(1);
    world.stop(1);
    world.set_full(how);
    world.make_ready(2);  // nobody hears of the start that failed
    EXPECT_GE(world.info_->times.load, Duration{0});
    EXPECT_GE(world.info_->times.context, Duration{0});
    world.stop(2);
    world.make_ready(3);
    EXPECT_THAT(world.told(), ElementsAre("fit", "--fit off --gpu-layers 12", "fit", "fit"));
    EXPECT_THAT(world.log_without_progress(),
                ElementsAre("ready 1", "exited 1: llama-server exited with status 0", "ready 2",
                            "exited 2: llama-server exited with status 0", "ready 3"));
  }
}

TEST(DeviceFit, FitsAgainAfterALoadThatHung) {
  DeviceWorld world;
  world.make_ready(1);
  world.stop(1);
  world.set_full("while :; do sleep 0.02; done");
  world.launcher().start(kChat, Epoch(2));
  ASSERT_TRUE(world.until("progress 2: 1000"));
  world.launcher().kill(Epoch(2));
  ASSERT_TRUE(world.until("exited 2"));
  world.make_ready(3);
  EXPECT_THAT(world.told(), ElementsAre("fit", "--fit off --gpu-layers 12", "fit"));
}

TEST(DeviceFit, IsNoneTheWiserOfAnEngineThatDiesBeforeItIsAskedForItsSizes) {
  DeviceWorld world;
  world.make_ready(1);
  world.stop(1);
  world.launcher().start(kChat, Epoch(2));
  ASSERT_TRUE(world.until("progress 2: 250"));
  auto& peer = world.listen(Epoch(2));
  peer.answer([&world](TestPeer::Connection& connection) {
    if (connection.received().contains("/health")) return connection.send(world.health_);
    std::ofstream(world.program_ + ".die") << "";  // while it is asked for its sizes
  });
  ASSERT_TRUE(world.until("exited 2"));
  EXPECT_THAT(world.log_.back(), testing::StartsWith("exited 2: llama-server exited with status 3"));
  EXPECT_THAT(world.told(), ElementsAre("fit", "--fit off --gpu-layers 12"));
}

TEST(DeviceFit, FitsAgainAfterTheMemoryHasChanged) {
  DeviceWorld world;
  world.make_ready(1);
  world.stop(1);
  world.set_free("12000");
  world.make_ready(2);
  world.stop(2);
  world.make_ready(3);
  EXPECT_THAT(world.told(), ElementsAre("fit", "--fit off --gpu-layers 12", "fit"));
}

TEST(DeviceFit, FitsBesideAnotherEngineAndForgetsIt) {
  DeviceWorld world;
  world.make_ready(1);
  world.set_free("12000");
  world.make_ready(2);
  world.stop(1);
  world.stop(2);
  world.set_free("23552");
  world.make_ready(3);
  EXPECT_THAT(world.told(), ElementsAre("fit", "fit", "--fit off --gpu-layers 12"));
}

TEST(DeviceFit, FitsAgainAfterAnEngineHasDied) {
  DeviceWorld world;
  world.make_ready(1);
  world.stop(1);
  world.make_ready(2);
  pid_t pid = 0;
  std::ifstream(world.program_ + ".pid") >> pid;
  ASSERT_GT(pid, 1);
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(world.until("exited 2"));
  world.make_ready(3);
  EXPECT_THAT(world.told(), ElementsAre("fit", "--fit off --gpu-layers 12", "fit"));
}

}  // namespace
}  // namespace signalbox::engine
