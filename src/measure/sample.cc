#include "measure/sample.h"

namespace signalbox::measure {

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::whole:
      return "whole";
    case Ending::empty:
      return "empty";
    case Ending::rejected:
      return "rejected";
    case Ending::failed:
      return "failed";
    case Ending::silent:
      return "silent";
    case Ending::late:
      return "late";
  }
  return "failed";
}

}  // namespace signalbox::measure
