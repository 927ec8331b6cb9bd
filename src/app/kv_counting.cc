#include "app/kv_counting.h"

namespace signalbox::app {

void KvCounting::kv_told(const KvNews& news) {
  using metrics::KvMove;
  switch (news.what) {
    case KvNews::What::saved:
      return metrics_.kv_moved(news.model, KvMove::save, news.took, news.bytes, news.tokens);
    case KvNews::What::restored:
      return metrics_.kv_moved(news.model, KvMove::restore, news.took, news.bytes, news.tokens);
    case KvNews::What::save_failed:
      return metrics_.kv_move_failed(news.model, KvMove::save);
    case KvNews::What::restore_failed:
      return metrics_.kv_move_failed(news.model, KvMove::restore);
    case KvNews::What::prepared:
      return metrics_.kv_prepared(news.model, news.took);
    case KvNews::What::turned_off:
      return metrics_.kv_turned_off();
  }
}

}  // namespace signalbox::app
