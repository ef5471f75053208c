#!/bin/sh
# Starts, shows and stops the monitoring of @PART@ (environment @ENVIRONMENT@) in the cluster of kubectl's context.
set -eu

NAMESPACE='@NAMESPACE@'
NAMESPACES='@NAMESPACES@'
CONFIGMAPS='@CONFIGMAPS@'
UNFIT='@UNFIT@'
OURS='app.kubernetes.io/part-of=@PART@,app.kubernetes.io/managed-by=vedette'
# What a build makes and may take away again. Volumes, Secrets and the namespace are not among it.
KINDS='configmap,service,serviceaccount,deployment,statefulset,daemonset,poddisruptionbudget,networkpolicy,ingress'
OLDEST=27 # Kubernetes 1.27, the first that keeps the volumes of a set as the manifests say
WAIT=${VEDETTE_WAIT:-10m}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

usage() {
    cat <<'EOF'
usage: sh vedette.sh up [development|production|FOLDER] [--yes]
       sh vedette.sh status
       sh vedette.sh logs PROGRAM
       sh vedette.sh down [--yes]

FOLDER is an overlay of your own. --yes asks nothing.
EOF
}

fail() {
    echo "vedette.sh: $1" >&2
    exit 1
}

need_kubectl() {
    command -v kubectl >/dev/null 2>&1 || fail 'kubectl is missing: https://kubernetes.io/docs/tasks/tools/'
    minor=$(kubectl version --client 2>/dev/null | sed -n 's/^Client Version: v1\.\([0-9]*\).*/\1/p')
    [ -n "$minor" ] || fail 'kubectl does not say its version'
    [ "$minor" -ge "$OLDEST" ] || fail "kubectl is 1.$minor; 1.$OLDEST or newer is needed"
}

need_cluster() {
    context=$(kubectl config current-context 2>/dev/null) ||
        fail 'kubectl has no context: choose a cluster with kubectl config use-context NAME'
    answer=$(kubectl get --raw /version --request-timeout=15s) ||
        fail "the cluster of context '$context' does not answer"
    minor=$(printf '%s\n' "$answer" | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge "$OLDEST" ] || fail "the cluster is Kubernetes 1.${minor:-?}; 1.$OLDEST or newer is needed"
}

confirm() {
    echo "context $context, namespace $NAMESPACE"
    [ "$yes" = no ] || return 0
    [ -t 0 ] || fail 'nobody is there to say yes: add --yes'
    printf '%s [y/N] ' "$1"
    read -r answer
    case $answer in
    y | Y | yes) ;;
    *) fail 'nothing was done' ;;
    esac
}

# The Secrets that a rendered overlay mounts or serves TLS with, and the ConfigMaps that it does not bring itself.
need_given() {
    missing=''
    # cert-manager makes the certificate once the Ingress that asks it for one is there
    later=''
    if printf '%s\n' "$rendered" | grep -qE '^ +cert-manager\.io/(cluster-)?issuer:'; then later='grafana-tls'; fi
    for name in $(printf '%s\n' "$rendered" | sed -n 's/^ *\(- \)\{0,1\}secretName: //p' | sort -u); do
        [ "$name" != "$later" ] || continue
        kubectl get secret "$name" --namespace "$NAMESPACE" >/dev/null 2>&1 || missing="$missing secret/$name"
    done
    for name in $CONFIGMAPS; do
        kubectl get configmap "$name" --namespace "$NAMESPACE" >/dev/null 2>&1 || missing="$missing configmap/$name"
    done
    [ -z "$missing" ] || fail "missing in namespace $NAMESPACE:$missing; $here/secrets.example has the commands"
}

need_ingress() {
    printf '%s\n' "$rendered" | grep -q '^kind: Ingress$' || return 0
    open=$(kubectl get namespace --selector vedette/ingress=true --output name)
    [ -z "$open" ] || return 0
    echo 'nobody outside will reach Grafana: no namespace has the label of the ingress controller. Say where it runs:' >&2
    echo '  kubectl label namespace INGRESS-NAMESPACE vedette/ingress=true' >&2
}

# Whether all that runs is as it should be, waited for as long as is said.
healthy() {
    well=yes
    for space in $NAMESPACES; do
        found=$(kubectl get deployment,statefulset,daemonset --namespace "$space" --selector "$OURS" --output name) || found=''
        [ -n "$found" ] || {
            echo "nothing of ours runs in namespace $space" >&2
            well=no
        }
        for one in $found; do
            kubectl rollout status "$one" --namespace "$space" --timeout="$1" || well=no
        done
    done
}

# Ours in the cluster, of which an earlier build may have had one more.
namespaces() {
    kubectl get namespace --selector "$OURS" --output jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}'
}

# Objects of an earlier build that the new one does not have.
prune() {
    ours=$(namespaces)
    for space in $ours; do
        found=$(kubectl get "$KINDS" --namespace "$space" --selector "$OURS" --output name)
        for one in $found; do
            printf '%s\n' "$applied" | grep -qxF "$one" || kubectl delete "$one" --namespace "$space"
        done
    done
    # rights in the cluster, and in the namespaces of others, which the names of the roles say
    found=$(kubectl get clusterrole,clusterrolebinding --selector "$OURS" --output name)
    for one in $found; do
        printf '%s\n' "$applied" | grep -qxF "$one" || kubectl delete "$one"
    done
    found=$(kubectl get rolebinding,role --all-namespaces --selector "$OURS" \
        --output jsonpath='{range .items[*]}{.metadata.namespace}={.kind}/{.metadata.name}{"\n"}{end}')
    for one in $found; do
        printf '%s\n' "$applied" | grep -q "/${one##*/}\$" || kubectl delete "${one#*=}" --namespace "${one%%=*}"
    done
}

up() {
    case $overlay in
    development | production) folder=$here/overlays/$overlay ;;
    *) folder=$overlay ;;
    esac
    if [ ! -f "$folder/kustomization.yaml" ]; then
        [ "$overlay" != production ] || fail "this build has no overlay for production: $UNFIT"
        fail "there is no overlay $folder"
    fi
    rendered=$(kubectl kustomize "$folder")
    need_cluster
    confirm "start the overlay $overlay?"
    kubectl apply --server-side --field-manager=vedette --filename "$here/base/namespace.yaml"
    need_given
    need_ingress
    # server-side, for a ConfigMap of dashboards does not fit into the note that kubectl leaves otherwise
    applied=$(printf '%s\n' "$rendered" |
        kubectl apply --server-side --field-manager=vedette --output name --filename -)
    printf '%s\n' "$applied"
    healthy "$WAIT"
    if [ "$well" = no ]; then
        kubectl get pods --namespace "$NAMESPACE"
        fail "not everything is up after $WAIT; sh vedette.sh logs PROGRAM tells more"
    fi
    prune
    echo "up. Grafana on http://127.0.0.1:3000: kubectl port-forward --namespace $NAMESPACE service/grafana 3000"
}

status() {
    need_cluster
    echo "context $context, namespace $NAMESPACE"
    kubectl get pods,persistentvolumeclaims,ingress --namespace "$NAMESPACE"
    healthy 5s
    [ "$well" = yes ] || fail 'not everything is up'
}

logs() {
    need_cluster
    space=$NAMESPACE
    for one in $NAMESPACES; do
        found=$(kubectl get pods --namespace "$one" --selector "$OURS,app.kubernetes.io/name=$program" --output name)
        [ -z "$found" ] || space=$one
    done
    kubectl logs --namespace "$space" --selector "$OURS,app.kubernetes.io/name=$program" \
        --prefix --follow --tail=100 --max-log-requests=50
}

down() {
    need_cluster
    confirm 'stop everything? The data stays.'
    ours=$(namespaces)
    for space in $ours; do
        kubectl delete "$KINDS" --namespace "$space" --selector "$OURS"
    done
    kubectl delete role,rolebinding --all-namespaces --selector "$OURS"
    kubectl delete clusterrole,clusterrolebinding --selector "$OURS"
    echo "down. Volumes and Secrets are still in $NAMESPACE; kubectl delete namespace $NAMESPACE takes them away, too"
}

yes=no
command=''
argument=''
for word in "$@"; do
    case $word in
    --yes) yes=yes ;;
    -h | --help)
        usage
        exit 0
        ;;
    -*) fail "there is no option $word" ;;
    *)
        if [ -z "$command" ]; then
            command=$word
        elif [ -z "$argument" ]; then
            argument=$word
        else
            fail "one word too many: $word"
        fi
        ;;
    esac
done

case $command in
up)
    overlay=${argument:-development}
    need_kubectl
    up
    ;;
status | down)
    need_kubectl
    "$command"
    ;;
logs)
    program=$argument
    [ -n "$program" ] || fail 'whose logs? For example: sh vedette.sh logs prometheus'
    need_kubectl
    logs
    ;;
*)
    usage >&2
    exit 2
    ;;
esac
