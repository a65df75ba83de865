-- Sends the prepared requests of a file in turn; @KEY@ in one becomes a key never used before.
local SEPARATOR = "\n--next--\n"
local requests, at, number, mark = {}, 0, 0, ""

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  mark = args[2]
  local start = 1
  while start <= #text do
    local stop, after = text:find(SEPARATOR, start, true)
    local one = text:sub(start, stop - 1)
    local key, rest = one:find("@KEY@", 1, true)
    if key then
      requests[#requests + 1] = { one:sub(1, key - 1), one:sub(rest + 1) }
    else
      requests[#requests + 1] = one
    end
    start = after + 1
  end
end

function request()
  at = at % #requests + 1
  local one = requests[at]
  if type(one) == "string" then
    return one
  end
  number = number + 1
  return one[1] .. mark .. "-" .. number .. one[2]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    "RESULT {\"requests\":%d,\"seconds\":%f,\"failed\":%d,\"p50\":%f,\"p95\":%f,\"p99\":%f}\n",
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
