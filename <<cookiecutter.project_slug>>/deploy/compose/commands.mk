# Production on this host; `make` lists these commands too.
LOCK := << {"venv": "requirements.txt", "poetry": "poetry.lock", "uv": "uv.lock"}[cookiecutter.dependency_manager] >>
.PHONY: up down logs deploy dev

up: ## Start production in containers: https://localhost
	@[ -e $(LOCK) ] || { echo "there is no $(LOCK) yet; run: make setup" >&2; exit 1; }
	@sh deploy/compose/prepare.sh
	docker compose up --build --detach --wait --remove-orphans
	@echo "https://localhost$(if $(HTTPS_PORT),:$(lastword $(subst :, ,$(HTTPS_PORT)))) serves"

down: ## Stop the containers; the data stays
	docker compose --profile backup down

logs: ## Follow the logs of the containers
	docker compose logs --follow --tail 100

deploy: ## Replace the running release without downtime; RELEASE=previous rolls back
	@sh deploy/compose/deploy.sh $(RELEASE)

dev: ## Develop in containers: http://127.0.0.1:5000
	@mkdir -p instance
	DEV_UID=$$(id -u) DEV_GID=$$(id -g) docker compose --file compose.dev.yaml up --build
