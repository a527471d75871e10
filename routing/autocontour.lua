-- autocontour.lua: what an administrator's own Lua can say to orthanc-autocontour.
--
-- Load it as the LAST of Orthanc's scripts, so that it finds what the others define:
--
--    "LuaScripts" : [ "my-site.lua", "autocontour.lua" ]
--
-- It gives four functions, to be called from any callback of one's own:
--
--    AutoContour.request(seriesId, { Model = "hu-ct", Target = "local" })
--       Contour this series now; both options may be left out, the rules decide then. From OnStableSeries.
--       Of several images of one place: Pick = { EchoTime = "shortest" } or "largest"; Each = true for all of them.
--       Answers the job as a table, or nil when it was refused (Orthanc's log says why).
--    AutoContour.requestForInstance(instanceId, { Model = "hu-ct" })
--       Contour the series of this instance as soon as it is whole. From OnStoredInstance, at any of its slices.
--    AutoContour.veto(seriesId, "reason")
--       Never contour this series; an open job of it ends as excluded. From any callback.
--    AutoContour.vetoForInstance(instanceId, "reason")
--       The same, from OnStoredInstance.
--
-- And it asks one function that a site may define, at every stored slice, before anything is decided:
--
--    function AutoContourFilter(tags, origin, instanceId)
--       if tags.BodyPartExamined == 'BREAST' then
--          return 'breast images are contoured elsewhere'   -- the series is excluded with this reason
--       end                                                  -- nothing returned: the rules decide
--    end
--
-- Orthanc runs one Lua callback at a time and keeps every other waiting, so each function asks and returns.
-- Vetoes and requests for series that are still arriving are kept as metadata of the series in Orthanc itself:
-- they hold when auto-contouring is down or restarts. A reason is shown to users: never put a patient's data in it.

AutoContour = {}

-- Metadata of a series; user-defined numbers begin at 1024. The gateway reads the same two.
AutoContour.VETO = '7301'
AutoContour.REQUEST = '7302'

-- Text longer than this is cut, so that a reason fits every list that shows it.
local LONGEST_REASON = 200

local function body(options)
   local wanted = {}
   local any = false
   for _, key in ipairs({ 'Model', 'Target' }) do
      if options ~= nil and options[key] ~= nil then
         wanted[key] = tostring(options[key])
         any = true
      end
   end
   -- As they are: a table or "largest", and true.
   for _, key in ipairs({ 'Pick', 'Each' }) do
      if options ~= nil and options[key] ~= nil then
         wanted[key] = options[key]
         any = true
      end
   end
   -- DumpJson writes an empty table as a list.
   return any and DumpJson(wanted, true) or '{}'
end


-- The gateway answers these routes with 200 whatever it decides, as Lua sees no answer of another status.
local function ask(seriesId, what, text)
   local answer = RestApiPost('/autocontour/lua/series/' .. seriesId .. '/' .. what, text)
   return answer ~= nil and ParseJson(answer) or { Error = 'GATEWAY_UNAVAILABLE', Message = 'no answer' }
end


local function seriesOf(instanceId)
   local answer = RestApiGet('/instances/' .. instanceId)
   if answer == nil then
      return nil
   end
   return ParseJson(answer)['ParentSeries']
end


local function mark(seriesId, kind, text)
   RestApiPut('/series/' .. seriesId .. '/metadata/' .. kind, text)
end


local function vetoMark(seriesId)
   -- All metadata at once: asking for one that is missing would write an error into Orthanc's log.
   local all = RestApiGet('/series/' .. seriesId .. '/metadata?expand')
   if all == nil then
      return nil
   end
   all = ParseJson(all)
   return all[AutoContour.VETO] or all['AutoContourVeto']
end


function AutoContour.request(seriesId, options)
   local answer = ask(seriesId, 'jobs', body(options))
   if answer['Error'] ~= nil and answer['ID'] == nil then
      print('AutoContour.request: series ' .. seriesId .. ': ' .. answer['Error'] .. ': ' .. answer['Message'])
      return nil
   end
   return answer
end


function AutoContour.requestForInstance(instanceId, options)
   local seriesId = seriesOf(instanceId)
   if seriesId ~= nil then
      mark(seriesId, AutoContour.REQUEST, body(options))
   end
   return seriesId
end


function AutoContour.veto(seriesId, reason)
   local text = string.sub(tostring(reason or 'no reason given'), 1, LONGEST_REASON)
   mark(seriesId, AutoContour.VETO, 'vetoed: ' .. text)
   -- Jobs that are open already; without the gateway there are none, and the mark alone is enough.
   ask(seriesId, 'veto', DumpJson({ Reason = text }, true))
end


function AutoContour.vetoForInstance(instanceId, reason)
   local seriesId = seriesOf(instanceId)
   if seriesId ~= nil then
      AutoContour.veto(seriesId, reason)
   end
   return seriesId
end


-- Asks the site's filter about one stored slice. Sites whose OnStoredInstance is loaded after this file call it there.
function AutoContour.stored(instanceId, tags, metadata, origin)
   if AutoContourFilter == nil or tags['Modality'] == 'RTSTRUCT' then
      return
   end
   local seriesId = seriesOf(instanceId)
   if seriesId == nil then
      return
   end
   local said = vetoMark(seriesId)
   if said ~= nil and said ~= 'allowed' then
      return   -- vetoed by an earlier slice
   end
   local worked, reason = pcall(AutoContourFilter, tags, origin, instanceId)
   if not worked then
      -- A filter that fails must not let a series pass that it was written to stop.
      print('AutoContourFilter failed for instance ' .. instanceId)
      reason = 'the filter of the site failed'
   elseif reason == true then
      reason = 'no reason given'
   end
   if reason then
      AutoContour.veto(seriesId, reason)
   elseif said == nil then
      mark(seriesId, AutoContour.VETO, 'allowed')
   end
end


local storedBefore = OnStoredInstance

function OnStoredInstance(instanceId, tags, metadata, origin)
   if storedBefore ~= nil then
      storedBefore(instanceId, tags, metadata, origin)
   end
   AutoContour.stored(instanceId, tags, metadata, origin)
end
