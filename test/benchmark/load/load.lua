-- wrk's part of the benchmark: prepared requests in turn, one JSON line of figures at the end.
--   wrk -s load.lua URL -- kv-put | etcd-put | kv-get | etcd-get [bytes of a value]

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
  local bits = text:gsub(".", function(character)
    local byte, digits = character:byte(), ""
    for power = 7, 0, -1 do
      digits = digits .. (math.floor(byte / 2 ^ power) % 2)
    end
    return digits
  end)
  local padding = (3 - #text % 3) % 3
  local encoded = (bits .. string.rep("0", padding * 2)):gsub("%d%d%d%d%d%d", function(six)
    local index = tonumber(six, 2) + 1
    return alphabet:sub(index, index)
  end)
  return encoded .. string.rep("=", padding)
end

local value, encodedValue = "", ""
local token = os.getenv("KV_TOKEN") or ""
local shown = token ~= "" and "Bearer " .. token or nil
local json = { ["content-type"] = "application/json", ["authorization"] = shown }

local makers = {
  ["kv-put"] = function(key)
    return wrk.format("PUT", "/write", json, '{"key":"' .. key .. '","value":"' .. value .. '"}')
  end,
  ["etcd-put"] = function(key)
    local body = '{"key":"' .. base64(key) .. '","value":"' .. encodedValue .. '"}'
    return wrk.format("POST", "/v3/kv/put", json, body)
  end,
  ["etcd-get"] = function(key)
    return wrk.format("POST", "/v3/kv/range", json, '{"key":"' .. base64(key) .. '"}')
  end,
  ["kv-get"] = function(key)
    return wrk.format("GET", "/read?key=" .. key, { ["authorization"] = shown })
  end,
}

local requests, turn = {}, 0

function init(args)
  local make = makers[args[1]]
  local valueBytes = tonumber(args[2] or "64")
  value = string.rep("v", valueBytes)
  -- Three of these letters are four in base64, without padding between them.
  encodedValue = string.rep(base64("vvv"), math.floor(valueBytes / 3))
    .. (valueBytes % 3 > 0 and base64(string.rep("v", valueBytes % 3)) or "")
  -- Large requests are not all kept in memory at once.
  local count = valueBytes > 1024 and 100 or 1000
  for number = 1, count do
    requests[number] = make("key-" .. number)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"answered":%d,"failed":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f}\n',
    summary.requests, failed, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
