#include "engine/kv_carry.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/file_answer.h"

namespace signalbox::engine {

namespace asio = boost::asio;

SlotLease::~SlotLease() {
  give_back();
}

SlotLease::SlotLease(SlotLease&& other) noexcept
    : carry_(std::exchange(other.carry_, {})),
      epoch_(other.epoch_),
      slot_(other.slot_),
      prompt_(std::move(other.prompt_)),
      goes_on_(other.goes_on_),
      state_(other.state_) {}

SlotLease& SlotLease::operator=(SlotLease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  carry_ = std::exchange(other.carry_, {});
  epoch_ = other.epoch_;
  slot_ = other.slot_;
  prompt_ = std::move(other.prompt_);
  goes_on_ = other.goes_on_;
  state_ = other.state_;
  return *this;
}

void SlotLease::sent() {
  state_ = State::sent;
  const auto carry = carry_.lock();
  auto* alive = carry ? carry->find(epoch_) : nullptr;
  if (alive != nullptr && slot_) alive->book.begun(*slot_, prompt_, goes_on_);
}

void SlotLease::finished(std::uint64_t tokens) {
  state_ = State::finished;
  const auto carry = carry_.lock();
  auto* alive = carry ? carry->find(epoch_) : nullptr;
  const auto blocks = tokens * kv::kTextBytesAToken / kv::PromptPrefix::kBlockBytes;
  if (alive != nullptr && slot_) alive->book.answered(*slot_, blocks);
  give_back();
}

void SlotLease::give_back() {
  const auto carry = std::exchange(carry_, {}).lock();
  auto* alive = carry ? carry->find(epoch_) : nullptr;
  if (alive == nullptr) return;
  if (!slot_) return alive->book.end_unknown();
  if (state_ == State::sent) return alive->book.cut(*slot_);
  alive->book.give_back(*slot_);
}

KvCarry::KvCarry(asio::any_io_executor loop, const Clock& clock, kv::Folder folder, const Options& options,
                 KvObserver& observer)
    : loop_(std::move(loop)),
      clock_(clock),
      folder_(std::make_shared<const kv::Folder>(std::move(folder))),
      options_(options),
      observer_(observer),
      files_(std::make_shared<FileThread>(loop_)),
      states_(options.budget_bytes) {
  if (!options_.persist) {
    folder_->clear();
    return;
  }
  std::vector<kv::StateId> too_many;
  for (auto& state : folder_->read_back()) {
    last_state_ = std::max(last_state_, state.id.value());
    largest_bytes_ = std::max(largest_bytes_, state.bytes);
    std::ranges::copy(states_.add(std::move(state)), std::back_inserter(too_many));
  }
  for (const auto id : too_many) folder_->remove(id);
}

KvCarry::~KvCarry() {
  if (!options_.persist) folder_->clear();
}

KvCarry::Alive* KvCarry::find(Epoch epoch) {
  const auto found = engines_.find(epoch);
  return found == engines_.end() ? nullptr : &found->second;
}

void KvCarry::engine_ready(Epoch epoch, const Engine& engine) {
  remove_files(states_.erase_unsuited(engine.model_name, engine.fingerprint));
  const auto worth_blocks = options_.tokens_min * kv::kTextBytesAToken / kv::PromptPrefix::kBlockBytes;
  engines_.try_emplace(epoch, engine, std::max<std::size_t>(worth_blocks, 1));
}

void KvCarry::engine_gone(Epoch epoch) {
  auto* alive = find(epoch);
  if (alive == nullptr) return;
  const auto questions = std::move(alive->questions);
  engines_.erase(epoch);
  for (const auto& weak : questions) {
    if (const auto question = weak.lock()) question->close();
  }
}

void KvCarry::free_at_engine(Epoch epoch, const std::vector<std::uint32_t>& idle_slots) {
  if (auto* alive = find(epoch)) alive->book.free_at_engine(idle_slots);
}

// A slot that is kept from requests, however what is done with it ends, also by the client's leaving.
class KvCarry::Hold {
 public:
  Hold(std::shared_ptr<KvCarry> carry, Epoch epoch, kv::SlotIndex slot)
      : carry_(std::move(carry)), epoch_(epoch), slot_(slot) {
    if (auto* alive = carry_->find(epoch_)) alive->book.take(slot_);
  }
  ~Hold() {
    if (auto* alive = carry_->find(epoch_)) alive->book.give_back(slot_);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::shared_ptr<KvCarry> carry_;
  Epoch epoch_;
  kv::SlotIndex slot_;
};

asio::awaitable<void> KvCarry::save_idle(std::shared_ptr<KvCarry> self, Epoch epoch, TimePoint deadline) {
  std::vector<kv::SlotIndex> tried;
  while (self->clock_.now() < deadline) {
    // Anew each time: while one was saved the engine may have died, a request taken another, or ended.
    auto* alive = self->find(epoch);
    if (alive == nullptr || !alive->carries || !self->saving_) co_return;
    const auto worth = alive->book.worth_saving();
    const auto next =
        std::ranges::find_if(worth, [&](auto slot) { return std::ranges::find(tried, slot) == tried.end(); });
    if (next == worth.end()) co_return;
    tried.push_back(*next);
    const Hold hold(self, epoch, *next);
    co_await save(self, epoch, *next, deadline);
  }
}

asio::awaitable<void> KvCarry::save_all(std::shared_ptr<KvCarry> self, Epoch epoch) {
  const auto deadline = self->clock_.now() + self->options_.save_timeout;
  co_await save_idle(std::move(self), epoch, deadline);
}

asio::awaitable<void> KvCarry::settled(std::shared_ptr<KvCarry> self) {
  if (!self->options_.persist) co_return;
  // Behind all that was submitted before.
  co_await ask_files<bool>(self->files_, self->loop_, self->options_.save_timeout, [] { return true; });
}

asio::awaitable<SlotLease> KvCarry::prepare(std::shared_ptr<KvCarry> self, Epoch epoch, Prompt prompt) {
  SlotLease lease;
  auto* alive = self->find(epoch);
  if (alive == nullptr) co_return lease;
  const auto began = self->clock_.now();
  const auto deadline = began + self->options_.save_timeout;
  lease.epoch_ = epoch;
  const auto before = fmt::format("{}\n{}", prompt.tools, prompt.lora);
  const kv::PromptText text(before, prompt.text);
  lease.prompt_ = text.prefix();
  std::optional<kv::Plan> plan;
  if (prompt.fills_one_slot && alive->carries)
    plan = alive->book.plan(text, self->states_, alive->engine.fingerprint);
  if (!plan) {
    co_await save_idle(self, epoch, deadline);
    alive = self->find(epoch);
    if (alive == nullptr) co_return lease;
    alive->book.begin_unknown();
    lease.carry_ = self;
    co_return lease;
  }
  lease.carry_ = self;
  lease.slot_ = plan->slot;
  lease.goes_on_ = plan->goes_on;
  if (plan->restore) self->states_.touch(*plan->restore);  // it is not the one to go for what is saved first
  if (plan->save_first) co_await save(self, epoch, plan->slot, deadline);
  if (plan->restore) co_await restore(self, epoch, plan->slot, *plan->restore, deadline);
  if (alive = self->find(epoch); alive != nullptr) {
    self->observer_.kv_told(
        {.what = KvNews::What::prepared, .model = alive->engine.model, .took = self->clock_.now() - began});
  }
  co_return lease;
}

}  // namespace signalbox::engine
