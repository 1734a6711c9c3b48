/** Every site of the served fuzz: frameworks, majors, settings, mounts and route sets, each combined with some others. */
import { forms, queries } from '../parameter-sets.ts'
import { PATH_SETS, twins } from '../path-sets.ts'
import type { RouteSet } from '../route-set.ts'
import { MOUNT, type SiteMaker, type SitePlan, TENANT } from '../site.ts'
import { onExpress4, onExpress5 } from './express.ts'
import { onFastify } from './fastify.ts'
import { onHono, onHonoInProtect } from './hono.ts'
import { onKoa2, onKoa3 } from './koa.ts'

export interface PlannedSite {
  readonly name: string
  readonly make: SiteMaker
  readonly plan: SitePlan
}

const SETS: readonly RouteSet[] = [...Object.values(PATH_SETS), queries, forms]

/** Makers that serve every set. */
const MAKERS: Readonly<Record<string, SiteMaker>> = {
  'Express 4': onExpress4({ router: {} }),
  'Express 5': onExpress5({ router: {} }),
  'Koa 2': onKoa2(),
  'Koa 3': onKoa3(),
  'Fastify 5': onFastify(),
  'Hono 4': onHono(),
}

const PLANS: readonly Omit<SitePlan, 'set'>[] = [
  { everything: true },
  { mount: MOUNT, guard: 'outside' },
  { mount: TENANT, guard: 'inside', everything: true },
]

const EXPRESS = { 'Express 4': onExpress4, 'Express 5': onExpress5 }
const { words, plain, parameters, wildcards, optional, upper, escapes, head } = PATH_SETS

export const SITES: readonly PlannedSite[] = [
  ...Object.entries(MAKERS).flatMap(([name, make]) =>
    PLANS.flatMap((plan) => SETS.map((set) => planned(name, make, { ...plan, set }))),
  ),
  ...Object.entries(EXPRESS).flatMap(([name, on]) => [
    ...[words, parameters, optional, upper].flatMap((set) => [
      planned(`${name}, case sensitive`, on({ app: { 'case sensitive routing': true } }), { set, everything: true }),
      planned(`${name}, strict`, on({ app: { 'strict routing': true } }), { set, everything: true }),
      planned(
        `${name}, case sensitive app, plain router`,
        on({ app: { 'case sensitive routing': true }, router: {} }),
        {
          set,
          mount: MOUNT,
          everything: true,
        },
      ),
      planned(`${name}, case sensitive app, plain app`, on({ app: { 'case sensitive routing': true } }), {
        set,
        mount: MOUNT,
        everything: true,
      }),
      planned(`${name}, strict router`, on({ router: { strict: true } }), { set, mount: MOUNT, everything: true }),
      planned(`${name}, app in app`, on({}), { set, mount: MOUNT, guard: 'inside', everything: true }),
    ]),
    ...['simple', 'extended'].flatMap((parser) =>
      [queries, forms].map((set) =>
        planned(`${name}, query parser ${parser}`, on({ app: { 'query parser': parser } }), { set, everything: true }),
      ),
    ),
  ]),
  ...[words, parameters, upper, plain].flatMap((set) => [
    planned('Koa 3, strict', onKoa3({ strict: true }), { set, everything: true }),
    planned('Koa 3, sensitive', onKoa3({ sensitive: true }), { set, everything: true, caseInsensitivePaths: false }),
  ]),
  ...Object.entries({
    'any case': onFastify({ caseSensitive: false }),
    'any slash at the end': onFastify({ ignoreTrailingSlash: true }),
    'any number of slashes': onFastify({ ignoreDuplicateSlashes: true }),
    semicolons: onFastify({ useSemicolonDelimiter: true }),
    'all lenient': onFastify({
      caseSensitive: false,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      useSemicolonDelimiter: true,
    }),
  }).flatMap(([name, make]) =>
    // Not the optional parts: `/shelf/;` has an empty book for the router, one named `;` for the rules, and costs a book.
    [words, plain, parameters, wildcards, upper, queries, forms].map((set) =>
      planned(`Fastify 5, ${name}`, make, { set, everything: true }),
    ),
  ),
  ...[words, parameters, escapes, head, queries, forms].flatMap((set) => [
    planned('Koa 3', onKoa3(), { set, everything: true, http2: true }),
    planned('Fastify 5', onFastify({}, { http2: true }), { set, everything: true, http2: true }),
  ]),
  // On a router that minds the case, only for routes of which no other spelling is a route, too.
  ...[words, upper].map((set) =>
    planned('Fastify 5, rules for any case', onFastify(), { set, everything: true, caseInsensitivePaths: true }),
  ),
  ...[words, parameters, upper, queries].flatMap((set) => [
    planned('Express 5, rules for one case', onExpress5(), { set, everything: true, caseInsensitivePaths: false }),
    planned('Koa 3, rules for any case', onKoa3(), { set, caseInsensitivePaths: true }),
  ]),
  planned('Fastify 5', onFastify(), { set: twins, everything: true }),
  ...[words, plain, parameters, wildcards, upper, escapes].flatMap((set) => [
    planned('Hono 4, any slash at the end', onHono({ strict: false }), { set, everything: true }),
    planned('Hono 4, linear router', onHono({ router: 'linear' }), { set, everything: true }),
    planned('Hono 4, app in app', onHono({ mounts: 'handler' }), {
      set,
      mount: MOUNT,
      guard: 'inside',
      everything: true,
    }),
  ]),
  ...(['one by one', 'as a record'] as const).flatMap((query) =>
    [queries, forms].map((set) => planned(`Hono 4, query ${query}`, onHono({ query }), { set, everything: true })),
  ),
  ...[words, parameters, escapes, head, queries, forms].map((set) =>
    planned('Hono 4', onHono(), { set, everything: true, http2: true }),
  ),
  ...[...Object.values(PATH_SETS), queries].map((set) =>
    planned('Hono 4 in protect', onHonoInProtect(), { set, everything: true }),
  ),
  planned('Hono 4 in protect', onHonoInProtect(), { set: head, everything: true, http2: true }),
]

function planned(name: string, make: SiteMaker, plan: SitePlan): PlannedSite {
  const { set, mount, guard, everything, http2 } = plan
  const place = mount === undefined ? '' : `, at ${mount.path}, guarded ${guard ?? 'outside'}`
  return {
    name: `${name}${http2 ? ' over HTTP/2' : ''}, ${set.name}${place}${everything ? ', and a rule for everything' : ''}`,
    make,
    plan,
  }
}
