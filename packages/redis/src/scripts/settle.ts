/** settle: what becomes of a batch. */

export const SETTLE: string = `
-- ARGV: t, batch, state, restore ('' | part | sub | keep), rows... (application, minute|metric, n)
-- -> ok | no (it must not be sent) | lost (this server has no such batch)
if call('HGET', STATE, 'run') ~= runId() and arriving() then return ARRIVING end
local rows = {}
for i = 5, #A, 3 do
  rows[i - 4], rows[i - 3], rows[i - 2] = A[i], A[i + 1], tonumber(A[i + 2])
end
return settle(A[2], A[3], A[4], rows)
`
