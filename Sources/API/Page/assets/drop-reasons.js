// Made by ./docs/generate of what the program says. Edit the program, not this file.

/** The meaning of each drop reason, and what to do next. */
export const dropReasons = {
  malformed: ["Shorter than its headers say, contradictory, or with a wrong IPv4 header checksum.", "look at the bytes: sluice capture --reason malformed --write FILE"],
  unsupported: ["Multicast, link-local, source routing, or ICMP that belongs to no session: not forwarded.", "nothing, unless an application needs it; then its hosts must be on the same network"],
  fragment: ["A later fragment, and its first fragment was not seen or not allowed.", "look for drops of the first fragment: sluice drop watch --source ADDRESS"],
  noSession: ["A TCP segment or ICMP error without a session: an idle session expired, or an end still sends after the session ended.", "compare idle times with the timeout: sluice event list; turn on keep-alives in the application"],
  denied: ["A rule denies it, or no rule allows it.", "sluice policy explain with the 5-tuple; add a rule if it should pass"],
  capacity: ["The session table, or its share for half-open sessions, is full.", "sluice status; sluice session list --state synSent; raise the capacity"],
  invalidReset: ["A RST outside the window: late, or forged.", "nothing for a few; many for one session can be an attack: sluice drop watch --reason invalidReset"],
  outOfWindow: ["A segment outside the window that its receiver announced: late, forged, or another device changes the sequence numbers.", "sluice session trace ID; check whether one direction takes a second path"],
  invalidFlags: ["A combination of TCP flags that no TCP sends: a scan.", "block the source: sluice drop watch --reason invalidFlags"],
  tombstone: ["A segment of a session that the firewall has reset. It was answered with another RST.", "nothing: the RST ends the session at that end"],
  wrongZone: ["It came in from a zone that routing does not use for its source: forged, or the routes of the two directions differ.", "check the routes back to its source: ip route get ADDRESS"],
  noRoute: ["Its route does not lead to a zone of this gateway.", "check the routes: ip route get ADDRESS"],
  hostDenied: ["It is for the gateway itself, or there is no route for it, and no host rule allows it.", "add a host rule if it should pass; check the routes: ip route get ADDRESS"],
  sessionEnding: ["A SYN whose 5-tuple was still being released.", "nothing: its retransmission passes"],
  limited: ["Its source has reached the limit of half-open sessions for a source.", "sluice session list --state synSent --source ADDRESS: a scan, or a server that is down"],
};
