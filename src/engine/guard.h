// The guard: a tiny process between the server and one engine, which outlives neither. It is the same binary,
// run as `signalbox guard LIFELINE_FD REPORT_FD -- command…` by EngineProcess. It loads no model and speaks
// no HTTP; it owns the engine and all that the engine starts, and ends them when it is told to or when the
// server is gone.
//
// LIFELINE_FD is read: 'T' sends SIGTERM to the engine's process group, 'K' kills everything, end of file
// (the server closed it, or died in whatever way) kills everything too. REPORT_FD is written, one line each
// (guard_report.h): that the engine runs, how it ended, or why it could not start.
#pragma once

namespace signalbox::engine {

// The exit code of the process. Returns when the engine and everything it started are gone.
int guard_main(int argc, char** argv);

}  // namespace signalbox::engine
