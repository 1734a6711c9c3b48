/** Route sets whose handlers differ by path: what differs for a router must differ for the rules. */
import type { MappingRule } from '@threescale/core'
import type { RouteOfSet, RouteSet } from './route-set.ts'

const words: RouteSet = {
  name: 'prefixes',
  rules: [rule('/v1/words/{word}', 'cheap', 1), rule('/v1/admin', 'dear', 5)],
  routes: [route('/v1/words/:word', '/v1/words/x', { cheap: 1 }), route('/v1/admin/:page', '/v1/admin/x', { dear: 5 })],
}

const plain: RouteSet = {
  name: 'anchored words',
  rules: [
    rule('/$', 'root', 1),
    rule('/v1/cheap$', 'cheap', 1),
    rule('/v1/dear$', 'dear', 5),
    rule('/v1/dear/er$', 'dearer', 9),
    rule('/v1/all$', 'all', 2, 'ANY'),
  ],
  routes: [
    route('/', '/', { root: 1 }),
    route('/v1/cheap', '/v1/cheap', { cheap: 1 }),
    route('/v1/dear', '/v1/dear', { dear: 5 }),
    route('/v1/dear/er', '/v1/dear/er', { dearer: 9 }),
    { ...route('/v1/all', '/v1/all', { all: 2 }), method: 'ALL' },
  ],
}

const parameters: RouteSet = {
  name: 'parameters',
  rules: [
    rule('/v1/words/special$', 'dear', 5),
    rule('/v1/words/{word}$', 'cheap', 1),
    rule('/v1/words/{word}/notes$', 'notes', 3),
    rule('/files/{name}.json$', 'json', 2),
    rule('/{a}/x/{b}$', 'pair', 7),
  ],
  routes: [
    // The rule for every word counts for the special one, too.
    route('/v1/words/special', '/v1/words/special', { dear: 5, cheap: 1 }),
    route('/v1/words/:word', '/v1/words/y', { cheap: 1 }),
    route('/v1/words/:word/notes', '/v1/words/y/notes', { notes: 3 }),
    route('/files/:name.json', '/files/y.json', { json: 2 }),
    route('/:a/x/:b', '/p/x/q', { pair: 7 }),
  ],
}

const wildcards: RouteSet = {
  name: 'wildcards',
  rules: [rule('/files/secret/{rest}', 'dear', 5), rule('/files/{rest}', 'cheap', 1), rule('/filed', 'filed', 3)],
  routes: [
    route('/files/secret/*rest', '/files/secret/x/y', { cheap: 1, dear: 5 }),
    route('/files/*rest', '/files/a/b', { cheap: 1 }),
    route('/filed', '/filed', { filed: 3 }),
  ],
}

const optional: RouteSet = {
  name: 'optional parts',
  rules: [rule('/v1/shelf$', 'cheap', 1), rule('/v1/shelf/{book}$', 'dear', 5), rule('/v1/page', 'pages', 2)],
  routes: [
    {
      path: '/v1/shelf{/:book}',
      prices: {
        shelf: { usage: { cheap: 1 }, plain: { target: '/v1/shelf' } },
        book: { usage: { dear: 5 }, plain: { target: '/v1/shelf/x' } },
      },
      tell: ({ params }) => (params.book ? 'book' : 'shelf'),
    },
    route('/v1/page{/:page}', '/v1/page/2', { pages: 2 }),
  ],
}

const upper: RouteSet = {
  name: 'upper case',
  rules: [rule('/V1/Words/{word}', 'cheap', 1), rule('/V1/Dear$', 'dear', 5)],
  routes: [route('/V1/Words/:word', '/V1/Words/x', { cheap: 1 }), route('/V1/Dear', '/V1/Dear', { dear: 5 })],
}

const escapes: RouteSet = {
  name: 'escapes',
  rules: [
    rule('/v1/café$', 'cafe', 3),
    rule('/v1/a%20b$', 'space', 5),
    rule('/v1/at@x$', 'at', 2),
    rule('/v1/{any}', 'cheap', 1),
  ],
  routes: [
    { ...route('/v1/caf%C3%A9', '/v1/caf%C3%A9', { cafe: 3, cheap: 1 }), fastifyPath: '/v1/café' },
    { ...route('/v1/a%20b', '/v1/a%20b', { space: 5, cheap: 1 }), fastifyPath: '/v1/a b' },
    route('/v1/at@x', '/v1/at@x', { at: 2, cheap: 1 }),
    route('/v1/:any', '/v1/any', { cheap: 1 }),
  ],
}

const head: RouteSet = {
  name: 'HEAD',
  rules: [
    rule('/v1/dear', 'dear', 5),
    rule('/v1/dear', 'look', 1, 'HEAD'),
    rule('/v1/seen', 'cheap', 1),
    rule('/v1/sent', 'dear', 5, 'POST'),
  ],
  routes: [
    {
      path: '/v1/dear',
      prices: {
        dear: { usage: { dear: 5 }, plain: { target: '/v1/dear' } },
        look: { usage: { look: 1 }, plain: { target: '/v1/dear', method: 'HEAD' } },
      },
      tell: ({ method }) => (method === 'HEAD' ? 'look' : 'dear'),
    },
    route('/v1/seen', '/v1/seen', { cheap: 1 }),
    {
      path: '/v1/sent',
      method: 'POST',
      prices: { sent: { usage: { dear: 5 }, plain: { target: '/v1/sent', method: 'POST' } } },
    },
  ],
}

export const PATH_SETS = { words, plain, parameters, wildcards, optional, upper, escapes, head }

/** Only for routers that tell letter cases and slashes at the end apart. */
export const twins: RouteSet = {
  name: 'twins',
  rules: [
    rule('/v1/list$', 'cheap', 1),
    rule('/v1/list/$', 'dear', 5),
    rule('/v1/Twin', 'upper', 3),
    rule('/v1/twin', 'lower', 2),
  ],
  routes: [
    route('/v1/list', '/v1/list', { cheap: 1 }),
    route('/v1/list/', '/v1/list/', { dear: 5 }),
    route('/v1/Twin', '/v1/Twin', { upper: 3 }),
    route('/v1/twin', '/v1/twin', { lower: 2 }),
  ],
}

function rule(pattern: string, metric: string, delta: number, method = 'GET'): MappingRule {
  return { method, pattern, metric, delta }
}

function route(path: string, target: string, usage: Readonly<Record<string, number>>): RouteOfSet {
  return { path, prices: { [path]: { usage, plain: { target } } } }
}
