/** Checks the arguments of a middleware's factory, where a mistake would end in a raw TypeError. */
import { ConfigError } from '../errors.ts'
import { isRecord, kindOf } from '../validation/checks.ts'

/**
 * @param asMiddleware whether the framework has called the factory itself, with a request instead of options.
 * @throws ConfigError that says how the factory is used.
 */
export function checkFactoryArguments(options: unknown, asMiddleware: boolean): void {
  if (asMiddleware) {
    throw new ConfigError(['threescale makes the middleware: app.use(threescale(options)), not app.use(threescale)'])
  }
  if (!isRecord(options)) {
    throw new ConfigError([`options must be an object such as { serviceId, serviceToken }, not ${kindOf(options)}`])
  }
}
