# Production on this host; `make` lists these commands too.
LOCK := << {"venv": "requirements.txt", "poetry": "poetry.lock", "uv": "uv.lock"}[cookiecutter.dependency_manager] >>
.PHONY: up down logs deploy certificate dev

up: ## Start production in containers: https://localhost
	@[ -e $(LOCK) ] || { echo "there is no $(LOCK) yet; run: make setup" >&2; exit 1; }
	@sh deploy/compose/prepare.sh
	$(if $(IMAGE),docker pull $(IMAGE) && docker tag $(IMAGE) << cookiecutter.project_slug >>:latest,docker compose build web)
	docker compose run --rm release
	@for image in $$(docker compose ps --quiet web | xargs -r docker inspect --format '{{.Image}}' | uniq); do \
	    [ "$$image" = "$$(docker image inspect --format '{{.Id}}' << cookiecutter.project_slug >>:latest)" ] || docker tag "$$image" << cookiecutter.project_slug >>:previous; done
	docker compose up --detach --wait --remove-orphans
	@docker compose port nginx 443 | sed 's|.*:\(.*\)|https://localhost:\1 serves|; s|:443 | |'

down: ## Stop the containers; the data is kept
	docker compose --profile "*" down

logs: ## Follow the logs of the containers
	docker compose logs --follow --tail 100

deploy: ## Replace the running release without downtime; IMAGE=… builds nothing, RELEASE=previous rolls back
	@IMAGE=$(IMAGE) sh deploy/compose/deploy.sh $(RELEASE)

certificate: ## Get a certificate from Let's Encrypt, or renew it if it is due
	docker compose run --rm --user "$$(id -u):$$(id -g)" certbot
	@install -m 644 secrets/letsencrypt/live/site/fullchain.pem secrets/letsencrypt/live/site/privkey.pem secrets/tls
	docker compose exec -T nginx nginx -q -c /etc/nginx/<< cookiecutter.project_slug >>/nginx.conf -s reload

dev: ## Develop in containers: http://127.0.0.1:5000
	@mkdir -p instance
	DEV_UID=$$(id -u) DEV_GID=$$(id -g) docker compose --file compose.dev.yaml up --build
