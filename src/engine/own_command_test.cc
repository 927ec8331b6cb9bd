#include "engine/own_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::ElementsAre;

EngineModel model_with(std::vector<std::string> command) {
  EngineModel model;
  model.name = "big ${port}";
  model.command = std::move(command);
  return model;
}

TEST(OwnCommand, GetsItsAddressAndName) {
  const auto filled = fill_in_command(
      model_with({"vllm", "serve", "--port", "${port}", "--url=http://x:${port}/${port}", "${model}"}),
      {.socket_path = {}, .port = 4711, .api_key = {}}, {"PATH=/bin", "LLAMA_ARG_HOST=x"});
  EXPECT_THAT(filled.argv,
              ElementsAre("vllm", "serve", "--port", "4711", "--url=http://x:4711/4711", "big ${port}"));
  EXPECT_THAT(filled.environment, ElementsAre("PATH=/bin", "LLAMA_ARG_HOST=x"));
}

TEST(OwnCommand, MayListenOnASocket) {
  EXPECT_TRUE(wants_socket({"serve", "--uds=${socket}"}));
  EXPECT_FALSE(wants_socket({"serve", "${port}"}));
  const auto filled = fill_in_command(model_with({"serve", "--uds=${socket}"}),
                                      {.socket_path = "/run/x.sock", .port = 0, .api_key = {}}, {});
  EXPECT_THAT(filled.argv, ElementsAre("serve", "--uds=/run/x.sock"));
}

TEST(OwnCommand, KeepsWhatItDoesNotKnow) {
  const auto filled = fill_in_command(model_with({"sh", "-c", "echo $HOME ${HOME} $ ${", "${por"}), {}, {});
  EXPECT_THAT(filled.argv, ElementsAre("sh", "-c", "echo $HOME ${HOME} $ ${", "${por"));
}

}  // namespace
}  // namespace signalbox::engine
