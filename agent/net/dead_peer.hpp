#pragma once

namespace longshore::net {

/// Makes the kernel end a TCP connection to a peer that cannot be reached any more: after 6 s in
/// which what was sent is not acknowledged, or in which nothing comes and probes get no answer
/// (these begin after 4 s of silence). A link that drops packets without a word would otherwise
/// hold a connection for a quarter of an hour (tcp(7): TCP_USER_TIMEOUT, tcp_retries2). Longer than
/// 6 s would not do: each side repeats a packet after twice the time of the last try, so a
/// connection that outlives such a cut may rest for as long again once the link is back. A peer
/// that is merely slow or busy answers probes, since its kernel does. Does nothing for sockets that
/// are not TCP.
void end_when_unreachable(int socket);

}  // namespace longshore::net
