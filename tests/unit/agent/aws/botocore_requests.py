"""Random requests and what botocore's signer makes of them, as JSON on standard output.

usage: botocore_requests.py SEED COUNT
"""

import json
import random
import sys
from urllib.parse import quote, quote_plus

import botocore
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TEXT = "abzABZ019-._~ /+:=&%?#,;'\"<>(){}[]|\\^`@!$*é世\U0001f6a2"
SEGMENT = "abzABZ019-._~!$'()*,:;=@"


def text(rng, longest):
    return "".join(rng.choice(TEXT) for _ in range(rng.randint(0, longest)))


def path(rng):
    segments = [
        rng.choice([".", "..", "", quote(text(rng, 6), safe=""),
                    "".join(rng.choice(SEGMENT) for _ in range(rng.randint(1, 8)))])
        for _ in range(rng.randint(0, 5))
    ]
    return "/" + "/".join(segments)


def header_value(rng):
    words = ["".join(rng.choice("abcXYZ019-_/;=") for _ in range(rng.randint(1, 8)))
             for _ in range(rng.randint(1, 4))]
    value = words[0]
    for word in words[1:]:
        value += " " * rng.randint(1, 3) + word
    return " " * rng.randint(0, 2) + value + " " * rng.randint(0, 2)


def request(rng):
    scheme = rng.choice(["http", "https"])
    port = rng.choice(["", "", ":80", ":443", ":8080"])
    url = f"{scheme}://{rng.choice(['ecs.us-west-2.amazonaws.com', '127.0.0.1'])}{port}{path(rng)}"
    # A name without '=' and a sorted pair with equal names are both legal.
    params = [(text(rng, 5), text(rng, 8)) for _ in range(rng.randint(0, 5))]
    if params and rng.random() < 0.3:
        params.append((params[0][0], text(rng, 3)))
    wire = "&".join(
        f"{encode(name)}={encode(value)}"
        for name, value in params
        for encode in [rng.choice([quote_plus, lambda t: quote(t, safe="")])])
    headers = [(f"X-Test-{rng.choice('ABCabc')}{i}", header_value(rng))
               for i in range(rng.randint(0, 4))]
    for name in ("Content-Type", "User-Agent", "X-Amzn-Trace-Id", "Expect", "X-Amz-Target"):
        if rng.random() < 0.3:
            headers.append((name, header_value(rng)))
    body = text(rng, 40)
    token = text(rng, 20).strip() if rng.random() < 0.5 else ""
    credentials = Credentials("AKID" + str(rng.randint(0, 10**9)), text(rng, 30) + "s",
                              token or None)
    method = rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
    when = "20%02d%02d%02dT%02d%02d%02dZ" % (
        rng.randint(0, 69), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23),
        rng.randint(0, 59), rng.randint(0, 59))
    region = rng.choice(["us-east-1", "eu-west-3", "cn-north-1"])
    service = rng.choice(["ecs", "ecr", "tcs"])

    signer = SigV4Auth(credentials, service, region)
    aws = AWSRequest(method=method, url=url, params=params, data=body.encode())
    for name, value in headers:
        aws.headers[name] = value
    aws.context["timestamp"] = when
    signer._modify_request_before_signing(aws)
    canonical = signer.canonical_request(aws)
    to_sign = signer.string_to_sign(aws, canonical)
    return {
        "method": method, "url": url + ("?" + wire if wire else ""), "headers": headers,
        "body": body, "access_key": credentials.access_key, "secret_key": credentials.secret_key,
        "token": token, "time": when, "region": region, "service": service,
        "canonical_request": canonical, "string_to_sign": to_sign,
        "signature": signer.signature(to_sign, aws),
    }


def main():
    rng = random.Random(int(sys.argv[1]))
    requests = [request(rng) for _ in range(int(sys.argv[2]))]
    json.dump({"botocore": botocore.__version__, "requests": requests}, sys.stdout)


main()
