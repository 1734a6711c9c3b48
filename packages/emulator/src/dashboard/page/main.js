/** Starts the dashboard. */
import { showCalls } from './calls.js'
import { showChart } from './chart.js'
import { showConnection } from './connection.js'
import { Model } from './model.js'
import { connectKeysButton } from './secrets.js'
import { showServices } from './services.js'
import { connectTheme } from './theme.js'

connectTheme()
connectKeysButton()
const model = new Model()
showConnection(model)
showServices(model)
showCalls(model)
showChart(model)
model.connect()
