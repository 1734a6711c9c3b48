// Compiled, never run: a CommonJS module in TypeScript 5.8 or later, whose `require` loads ES modules.
import { threescale } from '@threescale/express'

import express = require('express')

const app = express()
app.use(threescale({ serviceId: '2555417', providerKey: 'key' }))
