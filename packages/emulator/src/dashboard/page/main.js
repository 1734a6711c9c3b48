/** Starts the dashboard. */
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
model.connect()
