/** Starts the dashboard. */
import { showCalls } from './calls.js'
import { showChart } from './chart.js'
import { showClock } from './clock.js'
import { showConnection } from './connection.js'
import { showFaults } from './faults.js'
import { Model } from './model.js'
import { connectKeysButton } from './secrets.js'
import { showServices } from './services.js'
import { connectStateEditor } from './state-editor.js'
import { connectTheme } from './theme.js'
import { connectTryCall } from './try-call.js'

connectTheme()
connectKeysButton()
const model = new Model()
showConnection(model)
showClock(model)
showServices(model)
showCalls(model)
showChart(model)
connectTryCall(model)
showFaults(model)
connectStateEditor(model)
model.connect()
