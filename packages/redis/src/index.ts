/** `@threescale/redis`: one count for all processes of a gateway. */
export {}
