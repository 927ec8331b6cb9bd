#include "engine/fingerprint.h"

#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

const std::vector<std::string> kArguments = {"/bin/llama-server", "--host", "/run/1.sock", "--model",
                                             "/m.gguf"};
const EngineAddress kAddress{.socket_path = "/run/1.sock", .port = 0, .api_key = {}};
EngineAbilities abilities(const std::string& version) {
  EngineAbilities result;
  result.version = version;
  return result;
}

const EngineProgram kProgram{.command = {"/bin/llama-server"},
                             .abilities = abilities("0.7.0"),
                             .file = {.path = "/bin/llama-server", .size = 1, .modified_ns = 2}};
const ModelFiles kFiles{.model = {.device = 1, .inode = 2, .size = 3, .modified_ns = 4},
                        .named_in_arguments = 5};

kv::Fingerprint plain() {
  return fingerprint_of(kArguments, kAddress, kProgram, kFiles);
}

TEST(Fingerprint, IsTheSameAtTheNextStart) {
  auto arguments = kArguments;
  arguments[2] = "/run/2.sock";
  const EngineAddress address{.socket_path = "/run/2.sock", .port = 0, .api_key = {}};
  EXPECT_EQ(fingerprint_of(arguments, address, kProgram, kFiles), plain());
}

TEST(Fingerprint, IsTheSameOnAnotherPortWithAnotherKey) {
  const auto old_engine = [](std::uint16_t port, const std::string& key) {
    return fingerprint_of({"/bin/x", "--port", std::to_string(port), "--api-key", key},
                          {.socket_path = {}, .port = port, .api_key = key}, kProgram, kFiles);
  };
  EXPECT_EQ(old_engine(4001, "a"), old_engine(4002, "b"));
}

TEST(Fingerprint, IsAnotherForAnotherArgument) {
  for (std::size_t i = 0; i < kArguments.size(); ++i) {
    if (i == 2) continue;  // where it listens
    auto arguments = kArguments;
    arguments[i] += "x";
    EXPECT_NE(fingerprint_of(arguments, kAddress, kProgram, kFiles), plain()) << arguments[i];
  }
}

TEST(Fingerprint, IsAnotherForAnotherFileOrProgram) {
  for (const auto field : {&ModelFile::device, &ModelFile::inode, &ModelFile::size}) {
    auto files = kFiles;
    files.model.*field += 1;
    EXPECT_NE(fingerprint_of(kArguments, kAddress, kProgram, files), plain());
  }
  auto files = kFiles;
  files.model.modified_ns += 1;
  EXPECT_NE(fingerprint_of(kArguments, kAddress, kProgram, files), plain());
  files = kFiles;
  files.named_in_arguments += 1;
  EXPECT_NE(fingerprint_of(kArguments, kAddress, kProgram, files), plain()) << "such as an adapter";
  auto program = kProgram;
  program.file.modified_ns += 1;
  EXPECT_NE(fingerprint_of(kArguments, kAddress, program, kFiles), plain());
  program = kProgram;
  program.abilities.version = "0.8.0";
  EXPECT_NE(fingerprint_of(kArguments, kAddress, program, kFiles), plain());
}

}  // namespace
}  // namespace signalbox::engine
