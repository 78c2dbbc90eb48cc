#pragma once

namespace longshore::app {

/// The whole program: reads the command line, runs the command and returns the exit status.
int run(int argc, char** argv);

}  // namespace longshore::app
