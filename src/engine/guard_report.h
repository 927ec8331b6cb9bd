// The words between the guard and EngineProcess: what goes down the lifeline and what comes up as a report.
#pragma once

namespace signalbox::engine {

inline constexpr char kGuardTerminate = 'T';
inline constexpr char kGuardKill = 'K';

// The first character of a report line; a space and the rest follow.
inline constexpr char kReportStarted = 'S';  // the engine's process id
inline constexpr char kReportEnded = 'X';    // its wait status, as waitpid gives it
inline constexpr char kReportFailed = 'E';   // why it could not be started, in words

}  // namespace signalbox::engine
