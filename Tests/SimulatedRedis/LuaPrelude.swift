/// Lua that makes its libraries what a script of Redis sees; it gets the table of `redis`' functions.
///
/// Tables that scripts share are handed out behind empty ones, which refuse to be written: whatever a script does, the
/// next one finds the same. Left out is what depends on the machine or on the time (`os`, `math.random`), and what no
/// script of ours uses (`cjson`, `cmsgpack`, `bit`, `struct`): a script that does fails with a name that doesn't exist.
let luaPrelude = #"""
  local redis = ...
  local debug = debug

  redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING = 0, 1, 2, 3
  redis.REDIS_VERSION, redis.REDIS_VERSION_NUM = '7.0.15', 0x0007000f

  local function refuse()
    error('Attempt to modify a readonly table', 2)
  end
  local function protected(table)
    return setmetatable({}, {__index = table, __newindex = refuse})
  end
  local function missing(_, name)
    error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
  end

  math.random, math.randomseed = nil, nil
  local globals = {redis = protected(redis), string = protected(string), table = protected(table), math = protected(math)}
  for _, name in ipairs({'_VERSION', 'assert', 'error', 'getmetatable', 'ipairs', 'loadstring', 'next', 'pairs',
    'rawequal', 'rawget', 'rawset', 'select', 'setmetatable', 'tonumber', 'tostring', 'type', 'unpack', 'xpcall'}) do
    globals[name] = _G[name]
  end
  -- An error that a command raised is a table; whoever catches it gets the words.
  local function plain(fine, problem, ...)
    if not fine and type(problem) == 'table' and type(problem.err) == 'string' then problem = problem.err end
    return fine, problem, ...
  end
  local pcall = pcall
  function globals.pcall(...)
    return plain(pcall(...))
  end
  local environment = protected(globals)
  globals._G = environment
  setmetatable(globals, {__index = missing})
  -- Chunks are loaded with the environment of the state itself.
  setfenv(0, environment)

  return globals, function(problem)
    local level = 2
    local place = debug.getinfo(level, 'nSl')
    while place and (place.source == '=prelude' or level == 2 and place.what == 'C') do
      level = level + 1
      place = debug.getinfo(level, 'nSl')
    end
    if type(problem) ~= 'table' then problem = {err = 'ERR ' .. tostring(problem)} end
    if place then
      problem.source = place.source
      problem.line = place.currentline
    end
    return problem
  end
  """#
