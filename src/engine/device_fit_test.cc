#include "engine/device_fit.h"

#include <initializer_list>

#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

constexpr ModelIndex kModel{2};
constexpr kv::Fingerprint kEngine(7);

constexpr auto kUsing =
    "0.01.603.941 I llama_prepare_model_devices: using device Vulkan0 (NVIDIA GeForce RTX 3090) "
    "(0000:c1:00.0) - 23552 MiB free";
constexpr auto kFitted = "0.00.361.377 I common_fit_params: successfully fit params to free device memory";
constexpr auto kUnchanged =
    "0.00.361.376 I common_params_fit_impl: will leave 1580 >= 1024 MiB of free device memory, no changes "
    "needed";
constexpr auto kTwelve =
    "0.01.186.675 I common_params_fit_impl:   - Vulkan0 (llvmpipe (LLVM 15.0.6, 256 bits)): 12 layers,    "
    "235 "
    "MiB used,   1812 MiB free";

FitReader reader(std::initializer_list<std::string_view> lines) {
  FitReader result;
  for (const auto line : lines) result.read(line);
  return result;
}

std::optional<DeviceFit> fit(std::initializer_list<std::string_view> lines) {
  return reader(lines).fit();
}

FitReader reader_with_free(std::uint64_t mib) {
  FitReader result;
  result.read("I llama_prepare_model_devices: using device CUDA0 (x) (y) - " + std::to_string(mib) +
              " MiB free");
  return result;
}

TEST(FitReader, ReadsThatNothingHadToBeChanged) {
  EXPECT_EQ(fit({kUnchanged, kFitted, kUsing}), (DeviceFit{.layers = std::nullopt, .free_mib = 23552}));
}

TEST(FitReader, ReadsTheLayersOfOneDevice) {
  EXPECT_EQ(fit({"I common_params_fit_impl: id=0, n_layer=13, n_part= 0, overflow_type=4, mem=   253 MiB",
                 kTwelve, kFitted, kUsing}),
            (DeviceFit{.layers = 12, .free_mib = 23552}));
}

TEST(FitReader, TakesTheLastWordOfADevice) {
  const auto again =
      "I common_params_fit_impl:   - Vulkan0 (x): 20 layers ( 0 overflowing),   235 MiB used, 1812 MiB free";
  EXPECT_EQ(fit({kTwelve, again, kFitted, kUsing})->layers, 20);
}

TEST(FitReader, RemembersNothingThatArgumentsCannotSay) {
  const auto parts =
      "I common_params_fit_impl:   - Vulkan0 (x): 20 layers ( 3 overflowing),   235 MiB used, 1812 MiB free";
  EXPECT_FALSE(fit({kTwelve, parts, kFitted, kUsing}));
  const auto second = "I common_params_fit_impl:   - CUDA1 (x):  8 layers,    235 MiB used,   1812 MiB free";
  EXPECT_FALSE(fit({kTwelve, second, kFitted, kUsing}));
  EXPECT_FALSE(fit({"I common_params_fit_impl: context size reduced from 131072 to 4096 -> need 1 MiB less",
                    kTwelve, kFitted, kUsing}));
  EXPECT_FALSE(
      fit({"I common_params_fit_impl: filling dense-only layers back-to-front:", kTwelve, kFitted, kUsing}));
  EXPECT_FALSE(fit({"I common_params_fit_impl: context size unset and KV cache not unified -> using 32768",
                    kUnchanged, kFitted, kUsing}));
  EXPECT_FALSE(fit({kTwelve, kFitted, kUsing,
                    "I llama_prepare_model_devices: using device CUDA1 (x) (y) - 100 MiB free"}));
}

TEST(FitReader, RemembersNothingOfALoadThatDidNotFit) {
  EXPECT_FALSE(fit({}));
  EXPECT_FALSE(fit({kUnchanged, kUsing}));
  EXPECT_FALSE(fit({kFitted, kUsing}));
  EXPECT_FALSE(fit({kUnchanged, kFitted}));  // with what memory?
  EXPECT_FALSE(
      fit({"common_params_fit_impl:   - x: layers, MiB used", "using device", " MiB free", kFitted}));
}

TEST(FitReader, AddsUpWhatIsFreeOnAllDevices) {
  const auto both =
      reader({kUsing, "I llama_prepare_model_devices: using device CUDA1 (x) (y) - 100 MiB free",
              "I llama_prepare_model_devices: using device CUDA1 (x) (y) - 7 MiB free"});
  EXPECT_EQ(both.free_mib(), 23652);
}

TEST(DeviceFits, KnowsTheFitOfTheSameEngineOnly) {
  DeviceFits fits;
  EXPECT_FALSE(fits.find(kModel, kEngine));
  EXPECT_EQ(fits.loaded(kModel, kEngine, false, reader({kTwelve, kFitted, kUsing})),
            DeviceFits::News::remembered);
  EXPECT_EQ(fits.find(kModel, kEngine)->layers, 12);
  EXPECT_FALSE(fits.find(kModel, kv::Fingerprint(8)));
  EXPECT_FALSE(fits.find(ModelIndex{1}, kEngine));
  fits.forget(kModel);
  EXPECT_FALSE(fits.find(kModel, kEngine));
}

TEST(DeviceFits, KeepsWhatItKnowsWhileTheMemoryIsAbout) {
  DeviceFits fits;
  fits.loaded(kModel, kEngine, false, reader({kTwelve, kFitted, kUsing}));
  for (const std::uint64_t mib : {23552U, 23552U - 256, 23552U + 256}) {
    EXPECT_EQ(fits.loaded(kModel, kEngine, true, reader_with_free(mib)), DeviceFits::News::none) << mib;
    EXPECT_TRUE(fits.find(kModel, kEngine)) << mib;
  }
}

TEST(DeviceFits, ForgetsWhatOtherMemoryMadeOutdated) {
  for (const std::uint64_t mib : {23552U - 257, 23552U + 257}) {
    DeviceFits fits;
    fits.loaded(kModel, kEngine, false, reader({kTwelve, kFitted, kUsing}));
    EXPECT_EQ(fits.loaded(kModel, kEngine, true, reader_with_free(mib)), DeviceFits::News::outdated) << mib;
    EXPECT_FALSE(fits.find(kModel, kEngine)) << mib;
  }
  DeviceFits fits;
  fits.loaded(kModel, kEngine, false, reader({kTwelve, kFitted, kUsing}));
  EXPECT_EQ(fits.loaded(kModel, kEngine, true, FitReader()),
            DeviceFits::News::outdated);  // it does not say any more
}

TEST(DeviceFits, DoesNotLearnAgainWhatHasFailed) {
  DeviceFits fits;
  fits.loaded(kModel, kEngine, false, reader({kTwelve, kFitted, kUsing}));
  fits.failed(kModel, kEngine);
  EXPECT_FALSE(fits.find(kModel, kEngine));
  EXPECT_EQ(fits.loaded(kModel, kEngine, false, reader({kTwelve, kFitted, kUsing})), DeviceFits::News::none);
  const kv::Fingerprint other(8);
  EXPECT_EQ(fits.loaded(kModel, other, false, reader({kTwelve, kFitted, kUsing})),
            DeviceFits::News::remembered);
}

TEST(DeviceFits, LearnsNothingOfALoadThatSaysNothing) {
  DeviceFits fits;
  EXPECT_EQ(fits.loaded(kModel, kEngine, false, FitReader()), DeviceFits::News::none);
  EXPECT_FALSE(fits.find(kModel, kEngine));
}

}  // namespace
}  // namespace signalbox::engine
