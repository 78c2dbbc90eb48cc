#include <iostream>

#include "agent/app/agent_question.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/endpoints/health.hpp"
#include "agent/endpoints/status_client.hpp"

namespace longshore::app {

int run_health(const SettingFlags& flags, bool as_json) {
  const auto socket_path = agent_socket(flags);
  if (!socket_path) {
    std::cerr << "longshore health: " << socket_path.error().message << "\n";
    return kExitTerminal;
  }
  const auto health = ask_agent<endpoints::Health>(endpoints::fetch_health, *socket_path);
  if (!health) return tell_no_answer("health", *socket_path, health.error());
  std::cout << (as_json ? endpoints::write_health(*health) + "\n"
                        : endpoints::health_text(*health));
  return endpoints::problems_of(*health).empty() ? kExitOk : kExitRestart;
}

}  // namespace longshore::app
