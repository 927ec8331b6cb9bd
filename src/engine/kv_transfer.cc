// The part of KvCarry that moves states: engine asked, files looked at, list kept.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/file_answer.h"
#include "engine/json_fields.h"
#include "engine/kv_carry.h"

namespace signalbox::engine {

namespace asio = boost::asio;

namespace {

constexpr unsigned kOk = 200;
// What an engine answers that has no such interface, or not for this model (one that sees pictures).
constexpr unsigned kNotFound = 404;
constexpr unsigned kNotImplemented = 501;

}  // namespace

asio::awaitable<Result<KvCarry::Moved>> KvCarry::ask(std::shared_ptr<KvCarry> self, Epoch epoch,
                                                     kv::SlotIndex slot, std::string_view action,
                                                     kv::StateId state, TimePoint deadline) {
  auto* alive = self->find(epoch);
  if (alive == nullptr) co_return fail(ErrorCode::cancelled, "the engine is gone");
  auto question = EngineConnection::make(self->loop_, self->clock_);
  std::erase_if(alive->questions, [](const auto& weak) { return weak.expired(); });
  alive->questions.push_back(question);
  UpstreamRequest request{.target = fmt::format("/slots/{}?action={}", slot, action)};
  request.body.append(fmt::format(R"({{"filename":"{}"}})", kv::Folder::file_name(state)));
  const auto answer =
      co_await exchange_small(std::move(question), alive->engine.address, std::move(request), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status == kNotFound || answer->status == kNotImplemented) {
    if (alive = self->find(epoch); alive != nullptr) alive->carries = false;
  }
  if (answer->status != kOk)
    co_return fail(ErrorCode::io, fmt::format("the engine answered with status {}", answer->status));
  const auto parsed = parse_json(answer->body);
  const auto count = [&](std::string_view saved, std::string_view restored) {
    const auto found = parsed ? find_count(*parsed, {action == "save" ? saved : restored}) : std::nullopt;
    return found.value_or(0);
  };
  constexpr std::uint64_t kTokensMax = UINT32_MAX;
  co_return Moved{.tokens = static_cast<std::uint32_t>(std::min(count("n_saved", "n_restored"), kTokensMax)),
                  .bytes = count("n_written", "n_read")};
}

asio::awaitable<bool> KvCarry::has_room(std::shared_ptr<KvCarry> self, ModelIndex model, TimePoint deadline) {
  const auto patience = std::max(deadline - self->clock_.now(), Duration(0));
  const auto free = co_await ask_files<Result<std::uint64_t>>(
      self->files_, self->loop_, patience, [folder = self->folder_] { return folder->free_bytes(); });
  if (!free || !*free) co_return false;
  const auto needed = self->largest_bytes_ + kDiskReserveBytes;
  if (**free >= needed) co_return true;
  self->turn_off(model, fmt::format("the disk has {} bytes left", **free));
  co_return false;
}

// A file that the engine may have written and that nobody wants: removed unless found_a_home(), however the
// save ends, also by the client's leaving.
class KvCarry::Orphan {
 public:
  Orphan(std::shared_ptr<KvCarry> carry, kv::StateId id) : carry_(std::move(carry)), id_(id) {}
  ~Orphan() {
    if (carry_) carry_->remove_files({id_});
  }
  Orphan(const Orphan&) = delete;
  Orphan& operator=(const Orphan&) = delete;
  void found_a_home() { carry_.reset(); }

 private:
  std::shared_ptr<KvCarry> carry_;
  kv::StateId id_;
};

asio::awaitable<void> KvCarry::save(std::shared_ptr<KvCarry> self, Epoch epoch, kv::SlotIndex slot,
                                    TimePoint deadline) {
  auto* alive = self->find(epoch);
  if (alive == nullptr || !alive->carries || !self->saving_) co_return;
  const auto model = alive->engine.model;
  if (!co_await has_room(self, model, deadline)) co_return;
  const auto began = self->clock_.now();
  const kv::StateId id(++self->last_state_);
  Orphan orphan(self, id);
  const auto moved = co_await ask(self, epoch, slot, "save", id, deadline);
  const auto took = self->clock_.now() - began;
  if (!moved) {
    log::warning(
        "conversation not saved",
        {{"epoch", epoch.value()}, {"slot", slot}, {"reason", moved.error().message}, {"ms", to_ms(took)}});
    self->observer_.kv_told({.what = KvNews::What::save_failed, .model = model, .took = took});
    // An engine that could not write says no more than that.
    if (moved.error().code == ErrorCode::io) co_await has_room(self, model, deadline);
    co_return;
  }
  log::debug("conversation saved", {{"epoch", epoch.value()},
                                    {"slot", slot},
                                    {"tokens", moved->tokens},
                                    {"bytes", moved->bytes},
                                    {"ms", to_ms(took)}});
  self->observer_.kv_told({.what = KvNews::What::saved,
                           .model = model,
                           .took = took,
                           .tokens = moved->tokens,
                           .bytes = moved->bytes});
  if (self->keep(epoch, slot, id, *moved)) orphan.found_a_home();
}

bool KvCarry::keep(Epoch epoch, kv::SlotIndex slot, kv::StateId id, const Moved& moved) {
  auto* alive = find(epoch);
  if (alive == nullptr || moved.tokens < options_.tokens_min) return false;
  const auto before = alive->book.saved_as(slot);
  alive->book.saved(slot, id);
  largest_bytes_ = std::max(largest_bytes_, moved.bytes);
  std::vector<kv::StateId> gone;
  // Before the new one comes, so that the two do not count together.
  if (before && states_.erase(*before)) gone.push_back(*before);
  std::ranges::copy(states_.add({.id = id,
                                 .model = alive->engine.model_name,
                                 .fingerprint = alive->engine.fingerprint,
                                 .prefix = alive->book.content(slot),
                                 .tokens = moved.tokens,
                                 .bytes = moved.bytes}),
                    std::back_inserter(gone));
  seal(id);
  remove_files(std::move(gone));
  return true;
}

// Nobody waits for it: a restore looks at the file behind it on the same thread.
void KvCarry::seal(kv::StateId id) {
  const auto* state = states_.find(id);
  if (state == nullptr) return;
  const auto accepted = files_->submit([weak = weak_from_this(), folder = folder_, state = *state,
                                        persist = options_.persist]() mutable -> FileThread::Report {
    auto checksum = folder->seal(state.id);
    if (checksum) state.checksum = *checksum;
    if (checksum && persist) {
      if (auto written = folder->write_down(state); !written) checksum = std::unexpected(written.error());
    }
    return [weak, id = state.id, checksum = std::move(checksum)] {
      const auto self = weak.lock();
      if (!self) return;
      if (checksum) return self->states_.set_checksum(id, *checksum);
      log::warning("conversation not kept", {{"reason", checksum.error().message}});
      self->states_.erase(id);
      self->remove_files({id});
    };
  });
  if (accepted == FileThread::Accepted::full) states_.erase(id);  // without a checksum it is never restored
}

asio::awaitable<void> KvCarry::restore(std::shared_ptr<KvCarry> self, Epoch epoch, kv::SlotIndex slot,
                                       kv::StateId id, TimePoint deadline) {
  const auto* state = self->states_.find(id);
  auto* alive = self->find(epoch);
  if (state == nullptr || alive == nullptr || !alive->carries) co_return;
  const auto model = alive->engine.model;
  const auto began = self->clock_.now();
  const auto checksum = co_await ask_files<Result<std::uint64_t>>(
      self->files_, self->loop_, std::max(deadline - began, Duration(0)),
      [folder = self->folder_, id, bytes = state->bytes] { return folder->checksum(id, bytes); });
  // By now it, or its engine, may have had to go.
  state = self->states_.find(id);
  alive = self->find(epoch);
  if (alive == nullptr) co_return;
  Result<Moved> moved = fail(ErrorCode::timeout, "the disk did not answer in time");
  if (checksum && !*checksum) {
    moved = std::unexpected(checksum->error());
  } else if (checksum && (state == nullptr || state->checksum != **checksum)) {
    moved = fail(ErrorCode::invalid, "it is not what was written");
  } else if (checksum) {
    alive->book.emptied(slot);  // whatever comes of it, what was in the slot is gone
    moved = co_await ask(self, epoch, slot, "restore", id, deadline);
  }
  const auto took = self->clock_.now() - began;
  alive = self->find(epoch);
  state = self->states_.find(id);
  if (alive == nullptr) co_return;
  if (moved && state != nullptr && moved->tokens > 0) {
    alive->book.restored(slot, *state);
    self->states_.touch(id);
    log::debug("conversation restored", {{"epoch", epoch.value()},
                                         {"slot", slot},
                                         {"tokens", moved->tokens},
                                         {"bytes", moved->bytes},
                                         {"ms", to_ms(took)}});
    self->observer_.kv_told({.what = KvNews::What::restored,
                             .model = model,
                             .took = took,
                             .tokens = moved->tokens,
                             .bytes = moved->bytes});
    co_return;
  }
  log::warning("conversation not restored", {{"epoch", epoch.value()},
                                             {"slot", slot},
                                             {"reason", moved ? "the engine found nothing in it"
                                                              : std::string_view(moved.error().message)},
                                             {"ms", to_ms(took)}});
  self->observer_.kv_told({.what = KvNews::What::restore_failed, .model = model, .took = took});
  // One that nobody had the time for may do the next time.
  const bool is_of_no_use =
      moved || moved.error().code == ErrorCode::invalid || moved.error().code == ErrorCode::io;
  if (is_of_no_use && self->states_.erase(id)) self->remove_files({id});
}

void KvCarry::remove_files(std::vector<kv::StateId> ids) {
  if (ids.empty()) return;
  // Where the thread has no place left the files stay until the folder is looked through at the next start.
  std::ignore = files_->submit([folder = folder_, ids = std::move(ids)]() -> FileThread::Report {
    for (const auto id : ids) folder->remove(id);
    return [] {};
  });
}

void KvCarry::turn_off(ModelIndex model, std::string_view reason) {
  if (!std::exchange(saving_, false)) return;
  log::warning("conversations are not saved any more", {{"folder", folder()}, {"reason", reason}});
  observer_.kv_told({.what = KvNews::What::turned_off, .model = model});
}

}  // namespace signalbox::engine
