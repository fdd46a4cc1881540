# One image for every node, and for the quorum sweep (`node simulation/main.ts`). Any builder will do.
# One stage: a builder that leaves the images of its stages behind leaves none here.

FROM node:24-bookworm-slim
WORKDIR /app
# The page is made of these, and takes nothing but types from the rest.
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY simulation simulation
COPY webui webui
# In one layer, so that what only builds the page takes no room in the image.
RUN npm ci --no-audit --no-fund \
  && node webui/build.ts \
  && npm prune --omit=dev --no-audit --no-fund \
  && npm cache clean --force \
  && rm -rf /root/.npm /tmp/*
COPY proto proto
COPY src src
COPY gateway gateway
ENV NODE_ENV=production
# A named volume takes its owner from the folder it covers.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4567 5567
STOPSIGNAL SIGTERM
# Until a node that starts has been alive once, or for 20 s, no failed probe counts.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["bash", "src/start/health.sh", "/livez"]
# The flags keep V8's heap small: see src/start/child.ts.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=100", "src/main.ts"]
