#!/bin/sh
# Registers Thaw's search attributes in a Temporal namespace: deploy/namespace.sh [namespace] [address]
set -eu
namespace=${1:-default}
address=${2:-127.0.0.1:7233}
for name in ThawKind ThawStatus ThawReason ThawTerminal ThawMerchant ThawTier; do
    temporal operator search-attribute create --address "$address" --namespace "$namespace" --name "$name" --type Keyword
done
temporal operator search-attribute create --address "$address" --namespace "$namespace" --name ThawDue --type Datetime
