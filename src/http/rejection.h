// The error table's rows as values of the label `reason`.
#pragma once

#include "api/error.h"
#include "metrics/labels.h"

namespace signalbox::http {

[[nodiscard]] metrics::Rejection rejection_of(api::ErrorKind kind);

}  // namespace signalbox::http
