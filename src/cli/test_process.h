// A command line as a user types it, in a folder of its own, with what it printed. Tests only.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "cli/run.h"

namespace signalbox::cli {

class Process : public ::testing::Test {
 protected:
  void SetUp() override {
    // Short: unix sockets lie in it. Another one for each of those that run at once.
    folder_ = std::filesystem::path(::testing::TempDir()) / ("sb_cli_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const { std::ofstream(folder_ / name) << text; }
  void write_models(std::string_view more = "") const {
    write("a.gguf", "GGUF");
    write("models.yaml",
          std::string(more) + "models:\n- name: a\n  path: a.gguf\n- name: b\n  path: a.gguf\n");
  }

  int type(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    const Surround surround{.out = out_,
                            .err = err_,
                            .out_medium = medium_,
                            .err_medium = medium_,
                            .environment = environment_,
                            .working_directory = folder_.string()};
    return run(arguments, surround, [this](const config::LoadedConfig& loaded, const log::Options& log) {
      served_ = loaded;
      log_ = log;
      return 42;
    });
  }
  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string err() const { return err_.str(); }

  std::filesystem::path folder_;
  config::Environment environment_;
  Medium medium_ = Medium::file;
  config::LoadedConfig served_;
  log::Options log_;

 private:
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace signalbox::cli
