#include "agent/protocol/acs_frame.hpp"

#include <catch2/catch.hpp>

namespace longshore::protocol {

TEST_CASE("a frame is a type and a message, whatever the case of their names", "[unit][protocol]") {
  const auto frame = decode_frame(R"({"Type":"HeartbeatMessage","MESSAGE":{"messageId":"m"}})");
  REQUIRE(frame);
  CHECK(frame->type == "HeartbeatMessage");
  CHECK(frame->message == nlohmann::json{{"messageId", "m"}});
}

TEST_CASE("an object with one text is the old error form", "[unit][protocol]") {
  const auto frame = decode_frame(R"({"InactiveInstanceException":"gone"})");
  REQUIRE(frame);
  CHECK(frame->type == "InactiveInstanceException");
  CHECK(notice_text(*frame) == "gone");
}

TEST_CASE("what is neither a frame nor an old error is refused", "[unit][protocol]") {
  for (const char* text : {"", "[]", "3", "{}", R"({"a":"b","c":"d"})", R"({"a":1})",
                           R"({"type":"HeartbeatMessage"})", R"({"type":3,"message":{}})",
                           R"({"type":"HeartbeatMessage","message":[]})", R"({"type":"X")"}) {
    INFO(text);
    const auto frame = decode_frame(text);
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == ErrorCode::InvalidInput);
  }
}

TEST_CASE("a frame is written in alphabetical order and without HTML's characters",
          "[unit][protocol]") {
  CHECK(encode_frame("AckRequest", {{"messageId", "<a&b>"}, {"cluster", "c"}}) ==
        R"({"message":{"cluster":"c","messageId":"\u003ca\u0026b\u003e"},"type":"AckRequest"})");
}

TEST_CASE("a frame survives being written and read", "[unit][protocol]") {
  const nlohmann::json message{{"text", "<>&\"\\\u00e9"}};
  const auto frame = decode_frame(encode_frame("ErrorMessage", message));
  REQUIRE(frame);
  CHECK(frame->message == message);
}

TEST_CASE("only names that ACS uses are known", "[unit][protocol]") {
  CHECK(acs_type("PayloadMessage") == AcsType::Payload);
  CHECK(acs_type("TaskStopVerificationMessage") == AcsType::Unsupported);
  CHECK(acs_type("ConfirmAttachmentMessage") == AcsType::Unsupported);
  CHECK(acs_type("InactiveInstanceException") == AcsType::Notice);
  CHECK(acs_type("payloadmessage") == AcsType::Unknown);
  CHECK(acs_type("") == AcsType::Unknown);
}

}  // namespace longshore::protocol
