# One image for every node, and for the quorum sweep (`node simulation/main.ts`). Any builder will do.
# One stage: a builder that leaves the images of its stages behind leaves none here.

FROM node:24-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
# The page and `kv` are made of these.
COPY src src
COPY simulation simulation
COPY webui webui
COPY client client
# In one layer, so that what only builds the page takes no room in the image. The node and the
# simulation, a program of its own, get a folder of dependencies each; npm clears both of them whenever
# it installs, so the simulation's waits elsewhere. What both need is kept once, where both find it.
RUN npm ci --no-audit --no-fund --omit=dev --workspace=simulation \
  && mv node_modules /tmp/simulation \
  && npm ci --no-audit --no-fund \
  && node webui/build.ts && node client/build.ts && ln -s /app/client/dist/kv.js /usr/local/bin/kv \
  && npm ci --no-audit --no-fund --omit=dev --workspaces=false \
  && for package in commander zod; do rm -r "/tmp/simulation/$package"; done \
  && rm /tmp/simulation/quorum-kv-simulation \
  && mv /tmp/simulation simulation/node_modules \
  && rm -r src/virtual \
  && rm -rf /root/.npm /tmp/* /usr/local/lib/node_modules /opt/yarn* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn*
COPY proto proto
COPY gateway gateway
ENV NODE_ENV=production
# A named volume takes owner and mode from the folder it covers.
RUN mkdir --mode=0700 /data && mkdir .compiled && chown node:node /data .compiled
USER node
# The compiled code of one start, which halves the processor time of every later one. It is read where user
# and flags are the same.
ENV NODE_COMPILE_CACHE=/app/.compiled
RUN ["bash", "-c", "export NODE_ID=image NODES=image=127.0.0.1:5567 LEADER=image WRITE_QUORUM=0 DATA_DIR=/tmp/data \
  && coproc node --max-semi-space-size=16 --heap-growing-percent=100 src/main.ts \
  && node=$COPROC_PID && grep --quiet 'node started' <&${COPROC[0]} && kill $node && wait $node && rm -r /tmp/data"]
VOLUME /data
EXPOSE 4567 5567
STOPSIGNAL SIGTERM
# Alive, not ready: a swarm replaces what is not healthy, and a leader that waits for its followers is well.
# Until a node has been alive once, or for a minute, no failed probe counts. The probe costs the
# container 2 ms; the engine spends some 50 ms on running anything in it, hence the interval.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "src/start/health.sh", "/livez"]
# The flags keep V8's heap small: see src/start/child.ts.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=100", "src/main.ts"]
