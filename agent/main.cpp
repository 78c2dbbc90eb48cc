#include "agent/app/run.hpp"

int main(int argc, char** argv) { return longshore::app::run(argc, argv); }
