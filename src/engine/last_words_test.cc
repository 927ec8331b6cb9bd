#include "engine/last_words.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

LastWords after(std::initializer_list<std::string_view> lines) {
  LastWords words;
  for (const auto line : lines) words.add(line);
  return words;
}

TEST(PlainWords, LoseTimeLevelAndFunction) {
  EXPECT_EQ(
      plain_words("0.00.026.084 E gguf_init_from_reader: invalid magic characters: 'PK..', expected 'GGUF'"),
      "invalid magic characters: 'PK..', expected 'GGUF'");
  EXPECT_EQ(plain_words("0.00.026.305 E srv    load_model: failed to load model, 'bad.gguf'"),
            "failed to load model, 'bad.gguf'");
  EXPECT_EQ(plain_words("0.00.046.158 I srv    operator(): operator(): cleaning up before exit..."),
            "cleaning up before exit...");
  EXPECT_EQ(plain_words("llama_model_load: error loading model: no room"), "error loading model: no room");
  EXPECT_EQ(plain_words("srv          init: no luck"), "no luck");
}

TEST(PlainWords, LeaveOtherProgramsWordsAlone) {
  EXPECT_EQ(plain_words("error: invalid argument: --bogus"), "error: invalid argument: --bogus");
  EXPECT_EQ(plain_words("sh: 1: nope: not found"), "sh: 1: nope: not found");
  EXPECT_EQ(plain_words("3.5 GB are missing"), "GB are missing");
  EXPECT_EQ(plain_words(""), "");
  EXPECT_EQ(plain_words("   "), "");
}

TEST(PlainWords, AreOneBoundedLineOfWholeCharacters) {
  EXPECT_EQ(plain_words("a\tb\rc\x1b[0m\x7f"), "a b c [0m");
  const std::string two_byte_characters = "x" + [] {
    std::string text;
    while (text.size() < 1000) text += "\xC3\xA9";
    return text;
  }();
  const auto words = plain_words(two_byte_characters);
  EXPECT_EQ(words.size(), LastWords::kQuoteBytesMax - 1);
  EXPECT_EQ(words.substr(words.size() - 2), "\xC3\xA9");
}

TEST(LastWords, QuoteTheCauseAndNotWhatOnlyRepeatsIt) {
  EXPECT_EQ(after({"0.00.025.978 I srv    load_model: loading model 'bad.gguf'",
                   "0.00.026.084 E gguf_init_from_reader: invalid magic characters: 'PK..', expected 'GGUF'",
                   "0.00.026.284 E llama_model_load: error loading model: llama_model_loader: failed to load "
                   "model from bad.gguf",
                   "0.00.026.302 E llama_model_load_from_file_impl: failed to load model",
                   "0.00.026.304 E cmn  common_init_: failed to load model 'bad.gguf'",
                   "0.00.026.305 E srv    load_model: failed to load model, 'bad.gguf'",
                   "0.00.026.307 I srv    operator(): operator(): cleaning up before exit...",
                   "0.00.026.882 E srv  llama_server: exiting due to model loading error"})
                .of_failed_start(),
            "invalid magic characters: 'PK..', expected 'GGUF'");
  EXPECT_EQ(after({"0.00.065.883 E llama_model_load: error loading model: tensor 'token_embd.weight' data is "
                   "not within the "
                   "file bounds, model is corrupted or incomplete",
                   "0.00.065.908 E llama_model_load_from_file_impl: failed to load model",
                   "0.00.068.719 E srv  llama_server: exiting due to model loading error"})
                .of_failed_start(),
            "error loading model: tensor 'token_embd.weight' data is not within the file bounds, model is "
            "corrupted or "
            "incomplete");
  EXPECT_EQ(
      after({"0.00.289.099 W llama_context: n_ctx_seq (1000192) > n_ctx_train (8192) -- possible overflow",
             "0.00.335.278 E ggml_backend_buft_alloc_buffer_n_default: failed to allocate CPU buffer of size "
             "23044423680",
             "0.00.347.826 E llama_init_from_model: failed to initialize the context: failed to allocate "
             "buffer for kv cache",
             "0.00.347.863 E cmn  common_init_: failed to create context with model '/m.gguf'",
             "0.00.347.870 E srv    load_model: failed to create_context with model '/m.gguf'",
             "0.00.348.419 E srv  llama_server: exiting due to model loading error"})
          .of_failed_start(),
      "failed to initialize the context: failed to allocate buffer for kv cache");
}

TEST(LastWords, QuoteTheWordsOfAWrongArgument) {
  EXPECT_EQ(after({"error: invalid argument: --bogus"}).of_failed_start(),
            "error: invalid argument: --bogus");
}

TEST(LastWords, FallBackToAnErrorThatSaysLittleAndThenToTheLastLine) {
  EXPECT_EQ(after({"loading", "E srv  llama_server: exiting due to model loading error", "goodbye"})
                .of_failed_start(),
            "exiting due to model loading error");
  EXPECT_EQ(after({"one", "two"}).of_failed_start(), "two");
  EXPECT_EQ(LastWords().of_failed_start(), "");
}

TEST(LastWords, TakeAnInformationLineForNoErrorWhateverItsWords) {
  EXPECT_EQ(after({"0.00.001.000 E srv  start: couldn't bind HTTP server socket",
                   "0.00.001.001 I srv  x: 0 errors so far"})
                .of_failed_start(),
            "couldn't bind HTTP server socket");
}

TEST(LastWords, OfACrashQuoteOnlyWhatACrashWrites) {
  EXPECT_EQ(after({"E srv  send_error: error: the grammar of a client is invalid"}).of_crash(), "");
  EXPECT_EQ(after({"ggml.c:12: GGML_ASSERT(n > 0) failed", "#0 0x1234", "#1 0x1235"}).of_crash(),
            "ggml.c:12: GGML_ASSERT(n > 0) failed");
  EXPECT_EQ(
      after({"ggml_cuda_error: CUDA error: out of memory", "0.1 E srv  send_error: error: invalid grammar"})
          .of_crash(),
      "CUDA error: out of memory");
  EXPECT_EQ(LastWords().of_crash(), "");
}

TEST(LastWords, ForgetWhatIsFarBack) {
  LastWords words;
  words.add("error: the first");
  for (std::size_t i = 0; i < LastWords::kLinesMax - 1; ++i) words.add("dull");
  EXPECT_EQ(words.of_failed_start(), "error: the first");
  words.add("dull");
  EXPECT_EQ(words.of_failed_start(), "dull");
}

}  // namespace
}  // namespace signalbox::engine
