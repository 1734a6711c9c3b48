const assert = require('node:assert/strict')
const threescale = require('@threescale/web')
const honoThreescale = require('@threescale/web/hono')

assert.deepEqual([threescale, honoThreescale], [threescale.threescale, honoThreescale.honoThreescale])
